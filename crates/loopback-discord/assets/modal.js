// Modals: forms that an app shows.

function showForm(interaction, form) {
  const dialog = by("form-dialog");
  // A field is in a row of its own, or in a label with the text above it.
  const fields = (form.components ?? []).flatMap((row) => row.component ? [{ label: row.label, ...row.component }] : row.components ?? []);
  const isMenu = (field) => field.type === 3;
  const controls = fields.map((field) => isMenu(field)
    ? element("select", { name: field.custom_id }, ...(field.options ?? []).map((option) => element("option", { value: option.value, selected: option.default }, option.label)))
    : element(field.style === 2 ? "textarea" : "input", {
      name: field.custom_id, placeholder: field.placeholder, required: field.required !== false, minlength: field.min_length, maxlength: field.max_length, rows: field.style === 2 ? 4 : null }));
  for (const [index, field] of fields.entries()) if (!isMenu(field)) controls[index].value = field.value ?? "";
  dialog.replaceChildren(element("form", { on: { submit: (event) => {
    event.preventDefault();
    const values = Object.fromEntries(controls.map((control, index) => [control.name, isMenu(fields[index]) ? [control.value] : control.value]));
    dialog.close();
    interact("form", { interaction, values });
  } } }, element("h3", { id: "form-title" }, form.title),
  ...fields.map((field, index) => element("label", {}, field.label, controls[index])),
  element("div", { class: "row" }, element("button", { type: "button", class: "button", on: { click: () => dialog.close() } }, "Cancel"),
    element("button", { type: "submit", class: "button primary" }, "Submit"))));
  dialog.showModal();
}
