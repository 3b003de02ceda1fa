// Modals: forms that an app shows.

function showForm(interaction, form) {
  const dialog = by("form-dialog");
  // A field is in a row of its own, or in a label with the text above it.
  const fields = (form.components ?? []).flatMap((row) => row.component ? [{ label: row.label, description: row.description, ...row.component }] : row.components ?? []);
  const entries = fields.map((field) => ({ field, ...formEntry(field) }));
  dialog.replaceChildren(element("form", { on: { submit: (event) => {
    event.preventDefault();
    const values = Object.fromEntries(entries.map(({ field, value }) => [field.custom_id, value()]));
    dialog.close();
    interact("form", { interaction, values });
  } } }, element("h3", { id: "form-title" }, form.title),
  ...entries.map(({ field, shown, isGroup }) => element(isGroup ? "fieldset" : "label", {}, isGroup ? element("legend", {}, field.label) : field.label, field.description ?? "", ...shown)),
  element("div", { class: "row" }, element("button", { type: "button", class: "button", on: { click: () => dialog.close() } }, "Cancel"),
    element("button", { type: "submit", class: "button primary" }, "Submit"))));
  dialog.showModal();
}

// What a field shows, and what is entered in it.
function formEntry(field) {
  const options = field.options ?? [];
  const isRequired = field.required !== false;
  if (field.type === 3) {
    const menu = element("select", { name: field.custom_id }, ...options.map((option) => element("option", { value: option.value, selected: option.default }, option.label)));
    return { shown: [menu], value: () => [menu.value] };
  }
  if (field.type === 21 || field.type === 22) {
    const isRadio = field.type === 21;
    const boxes = options.map((option) => element("input", { type: isRadio ? "radio" : "checkbox", name: field.custom_id, value: option.value, required: isRadio && isRequired, checked: option.default }));
    const chosen = () => boxes.filter((box) => box.checked).map((box) => box.value);
    const shown = boxes.map((box, index) => element("label", { class: "option" }, box, options[index].label, element("small", {}, options[index].description ?? "")));
    return { shown, isGroup: true, value: () => isRadio ? chosen()[0] ?? null : chosen() };
  }
  if (field.type === 23) {
    const box = element("input", { type: "checkbox", name: field.custom_id, checked: field.default });
    return { shown: [box], value: () => box.checked };
  }
  const text = element(field.style === 2 ? "textarea" : "input", {
    name: field.custom_id, placeholder: field.placeholder, required: isRequired, minlength: field.min_length, maxlength: field.max_length, rows: field.style === 2 ? 4 : null });
  text.value = field.value ?? "";
  return { shown: [text], value: () => text.value };
}
