// Files that wait in the composer: chosen, pasted or dropped. They are sent with the next message.

const MOST_FILES = 10;
const MOST_BYTES = 10 * 1024 * 1024;
let staged = [];

/** Adds files, each with a preview and a button that removes it. */
function stage(files) {
  const large = files.find((file) => file.size > MOST_BYTES);
  if (large) return toast("“" + large.name + "” is larger than 10 MB.");
  if (staged.length + files.length > MOST_FILES) return toast("A message has at most 10 files.");
  staged = [...staged, ...files];
  showStaged();
  return input.focus();
}

function unstage(file) {
  staged = staged.filter((other) => other !== file);
  showStaged();
}

function showStaged() {
  for (const picture of by("staged").querySelectorAll("img")) URL.revokeObjectURL(picture.src);
  const preview = (file) => (file.type.startsWith("image/") ? element("img", { src: URL.createObjectURL(file), alt: "" }) : icon(SHEET, 40));
  by("staged").replaceChildren(...staged.map((file) => element("figure", {}, preview(file), element("figcaption", {}, file.name),
    element("button", { type: "button", class: "icon-button", "aria-label": "Remove " + file.name, on: { click: () => unstage(file) } }, "✕"))));
  by("staged").hidden = staged.length === 0;
}

async function sendFiles(text) {
  const form = new FormData();
  const fields = { channel: state.channel, user: state.me, content: encoded(text), ...(state.replyTo ? { reply_to: state.replyTo.id } : {}) };
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  const files = staged;
  for (const file of files) form.append("files", file);
  staged = [];
  input.value = "";
  cancelContext();
  showStaged();
  fit();
  if (await act("files", form)) return;
  staged = [...files, ...staged];
  if (!input.value) input.value = text;
  showStaged();
}

by("attach").addEventListener("click", () => by("files").click());
by("files").addEventListener("change", () => { stage([...by("files").files]); by("files").value = ""; });
input.addEventListener("paste", (event) => {
  const files = [...event.clipboardData.files];
  const text = event.clipboardData.getData("text/plain");
  // A pasted text that does not fit into a message becomes a file, as in Discord's clients.
  if (!files.length && input.value.length + text.length > 2000) files.push(new File([text], "message.txt", { type: "text/plain" }));
  if (!files.length) return;
  event.preventDefault();
  stage(files);
});
document.addEventListener("dragover", (event) => event.preventDefault());
document.addEventListener("drop", (event) => { event.preventDefault(); stage([...event.dataTransfer.files]); });
connect();
