// The explorer: one slider over a list of values, and the frame that belongs to the chosen one.
// Frames come from the kernel and are kept in the model, so those that were seen before need no kernel.

let instances = 0;

const REST = 200; // ms without a movement before the kernel is asked, so that dragging asks once
const PATIENCE = 4000; // ms without an answer before the reader is told

function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in made) made[name] = value;
    else made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

// No line ends between a number and its unit of time. (words.unbroken is the same in Python.)
const unbroken = (text) => text.replace(/(\d) (?=(?:ms|s|min|h|d)\b)/g, "$1\u00a0");

// What an earlier finding said where a later one says something else: of each clause, all from the first other word on.
export function otherwise(earlier, later) {
  const [old, now] = [earlier, later].map((text) => unbroken(text).replace(/\.$/, "").split("; "));
  if (old.length !== now.length) return old.filter((clause) => !now.includes(clause)).join("; ");
  return old.map((clause, number) => {
    const words = clause.split(" ");
    const others = now[number].split(" ");
    let first = 0;
    while (first < words.length && words[first] === others[first]) first++;
    if (first === words.length) return "";
    if (/^[a-z]+$/.test(words[first - 1] ?? "")) first--; // "after 90 s" and not "90 s"
    return words.slice(first).join(" ");
  }).filter(Boolean).join("; ");
}

function render({ model, el }) {
  const id = `waterline-explore-${++instances}`;
  const readings = model.get("readings").map(unbroken);
  const name = model.get("name");

  const slider = element("input", {
    type: "range", id, min: 0, max: readings.length - 1, step: 1, "aria-describedby": `${id}-look`,
  });
  slider.setAttribute("list", `${id}-values`);
  slider.value = model.get("choice");
  const values = element("datalist", { id: `${id}-values` });
  readings.forEach((reading, number) => values.append(element("option", { value: number, label: reading })));
  // An output is a live region by itself; but the status line says the value, and once is enough.
  const output = element("output", { "aria-live": "off" });
  output.htmlFor = id;
  const look = element("p", { id: `${id}-look`, className: "waterline-look" });
  look.textContent = model.get("look_for");
  look.hidden = !look.textContent;
  const line = element("p", { className: "waterline-line", role: "status" });
  const alert = element("p", { className: "waterline-error", role: "alert" });
  const picture = element("div", { className: "waterline-picture" });
  const note = element("p", { className: "waterline-note" });
  const label = element("label", { htmlFor: id });
  label.textContent = name;

  el.classList.add("waterline-explore");
  el.replaceChildren(
    element("div", { className: "waterline-control" }, label, slider, output, values),
    look, line, alert, note, picture,
  );

  let shown = null; // the number of the value whose picture is on screen
  let drawn = null; // that picture
  let before = ""; // what was different with the value shown before it
  let rest = null;
  let patience = null;

  const chosen = () => Number(slider.value);
  const frameOf = (number) => model.get("frames")[String(number)];

  function read() {
    output.textContent = readings[chosen()];
    slider.setAttribute("aria-valuetext", readings[chosen()]);
  }

  function show() {
    read();
    const number = chosen();
    const frame = frameOf(number);
    const done = frame && (frame.html || (!model.get("running") && model.get("choice") === number));
    picture.classList.toggle("waterline-old", !done);
    picture.setAttribute("aria-busy", done ? "false" : "true");
    if (!done) {
      alert.textContent = "";
      line.textContent = `Running with ${name} = ${readings[number]} …`;
      return;
    }
    clearTimeout(patience);
    if (frame.error) {
      line.textContent = "";
      alert.textContent = `With ${name} = ${readings[number]} the run stopped. ${frame.error}`;
      picture.replaceChildren();
      note.textContent = "";
      shown = drawn = null;
      before = "";
      return;
    }
    alert.textContent = "";
    if (shown !== number) {
      const last = shown === null ? null : frameOf(shown);
      if (last?.finding) {
        const other = otherwise(last.finding, frame.finding);
        before = other ? ` (With ${readings[shown]}: ${other}.)`
          : last.finding === frame.finding ? ` (The same as with ${readings[shown]}.)` : "";
      }
      shown = number;
    }
    if (drawn !== frame.html) {
      const open = picture.querySelector("details")?.open ?? false;
      picture.innerHTML = drawn = frame.html;
      const details = picture.querySelector("details");
      if (details) details.open = open;
    }
    line.textContent = `With ${name} = ${readings[number]}: ${unbroken(frame.finding)}${before}`;
    note.textContent = unbroken(model.get("note"));
  }

  function ask() {
    clearTimeout(rest);
    const number = chosen();
    if (number === model.get("choice")) return;
    model.set("choice", number);
    try {
      model.save_changes();
    } catch {
      // No kernel, as in the web book: what is in the model is all there is.
    }
    clearTimeout(patience);
    patience = setTimeout(() => {
      if (shown !== chosen() && !alert.textContent && !model.get("running")) {
        line.textContent = `No answer for ${name} = ${readings[chosen()]} yet: the kernel is busy, ` +
          "or this notebook has none. If nothing happens, run this cell.";
      }
    }, PATIENCE);
  }

  slider.addEventListener("input", () => {
    show();
    clearTimeout(rest);
    if (frameOf(chosen())?.html) ask();
    else rest = setTimeout(ask, REST);
  });
  slider.addEventListener("change", ask);
  // JupyterLab takes plain keys, arrows too, for commands; those pressed on the slider are not for it.
  slider.addEventListener("keydown", (event) => {
    if (!event.ctrlKey && !event.metaKey && !event.altKey && event.key !== "Escape") event.stopPropagation();
  });

  const turned = () => {
    slider.value = model.get("choice");
    show();
  };
  model.on("change:frames", show);
  model.on("change:note", show);
  model.on("change:running", show);
  model.on("change:choice", turned);
  show();

  return () => {
    clearTimeout(rest);
    clearTimeout(patience);
    model.off("change:frames", show);
    model.off("change:note", show);
    model.off("change:running", show);
    model.off("change:choice", turned);
  };
}

export default { render };
