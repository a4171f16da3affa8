// The comparison: a choice of the year, a table whose cells are buttons, and the sources of the cell that was pressed.
// All years are in the model, so no kernel is asked; the chosen year is told to it, so that code can read it.

let instances = 0;

function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in made) made[name] = value;
    else made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

function render({ model, el }) {
  const id = `waterline-comparison-${++instances}`;
  const choices = element("div", { className: "waterline-times" });
  const caption = element("caption");
  const table = element("table");
  const region = element(
    "div", { className: "waterline-matrix", role: "region", tabIndex: 0, "aria-labelledby": `${id}-caption` }, table,
  );
  const origins = element("section", { id: `${id}-origins`, className: "waterline-origins" });
  origins.setAttribute("aria-live", "polite");
  let pressed = null; // [row, column] of the cell whose sources are shown

  const named = (time) => (time === "today" ? "today" : `in ${time}`);
  const field = element("fieldset", {}, element("legend", {}, "What was known"), choices);
  for (const time of model.get("times")) {
    const radio = element("input", { type: "radio", name: id, value: time });
    radio.checked = time === model.get("time");
    radio.addEventListener("change", () => choose(time));
    choices.append(element("label", {}, radio, ` ${named(time)}`));
  }
  // JupyterLab takes plain keys, arrows and Enter too, for commands; those pressed in here are not for it.
  el.addEventListener("keydown", (event) => {
    if (!event.ctrlKey && !event.metaKey && !event.altKey && event.key !== "Escape") event.stopPropagation();
  });

  function choose(time) {
    model.set("time", time);
    try {
      model.save_changes();
    } catch {
      // No kernel, as in the web book: what is in the model is all there is.
    }
    show();
  }

  function cellOf(cell, row, column) {
    const list = element("ul");
    for (const said of cell.said) list.append(element("li", {}, said));
    const mark = cell.changed ? [element("strong", { className: "waterline-changed" }, "▲ changed")] : [];
    if (!cell.origins.length) return element("td", {}, ...mark, list);
    const name = `${model.get("services")[row]}, ${model.get("axes")[column]}: sources`;
    const button = element("button", { type: "button", "aria-controls": origins.id }, "sources");
    button.setAttribute("aria-label", name);
    button.setAttribute("aria-expanded", String(pressed?.[0] === row && pressed?.[1] === column));
    const data = element("td", { className: cell.changed ? "waterline-change" : "" }, ...mark, list, button);
    const press = () => {
      pressed = pressed?.[0] === row && pressed?.[1] === column ? null : [row, column];
      show([row, column]);
    };
    // The button is for keys and for screen readers; a mouse may press anywhere in the cell.
    data.addEventListener("click", press);
    return data;
  }

  function show(focus = null) {
    const time = model.get("time");
    const rows = model.get("cells")[time];
    for (const radio of choices.querySelectorAll("input")) radio.checked = radio.value === time;
    const number = model.get("times").indexOf(time);
    const since = number ? `, and what changed since ${model.get("times")[number - 1]} (▲)` : "";
    caption.id = `${id}-caption`;
    caption.textContent = `What was known ${named(time)}${since}`.replace("was known today", "is known today");
    const head = element("tr", {}, element("th", { scope: "col" }, "service"));
    for (const axis of model.get("axes")) head.append(element("th", { scope: "col" }, axis));
    const body = element("tbody");
    rows.forEach((cells, row) => {
      const line = element("tr", {}, element("th", { scope: "row" }, model.get("services")[row]));
      cells.forEach((cell, column) => line.append(cellOf(cell, row, column)));
      body.append(line);
    });
    table.replaceChildren(caption, element("thead", {}, head), body);
    if (focus) body.rows[focus[0]]?.cells[focus[1] + 1]?.querySelector("button")?.focus();
    showOrigins(rows);
  }

  function showOrigins(rows) {
    origins.replaceChildren();
    if (!pressed) return;
    const [row, column] = pressed;
    const list = element("dl");
    for (const [said, origin] of rows[row][column].origins) {
      list.append(element("dt", {}, said), element("dd", {}, origin));
    }
    const time = named(model.get("time"));
    const title = `${model.get("services")[row]}, ${model.get("axes")[column]}, ${time}`;
    origins.append(element("h4", {}, title), list);
  }

  el.classList.add("waterline-comparison");
  el.replaceChildren(field, region, origins);
  const turned = () => show();
  model.on("change:time", turned);
  show();
  return () => model.off("change:time", turned);
}

export default { render };
