// The capacity dashboard: sliders, the finding, and four curves on one canvas with one cursor through all of them.
// The kernel plays the scenario; the curves come as one block of 32-bit floats.

let instances = 0;

const HEIGHT = 380; // CSS pixels
const MARGIN = { left: 52, right: 10, top: 22, bottom: 20, between: 18 };
const LIGHT = ["#0072b2", "#d55e00", "#00795a", "#a3477d"];
const DARK = ["#56b4e9", "#ff9b52", "#2fc79b", "#e79cc2"];
const ROWS = 12;

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

export function short(value) {
  if (value === 0 || Math.abs(value) >= 100) return Math.round(value).toLocaleString("en-US");
  return String(Number(value.toPrecision(3)));
}

export function time(seconds) {
  if (seconds < 120) return `${short(seconds)} s`;
  if (seconds < 7200) return `${short(seconds / 60)} min`;
  return `${short(seconds / 3600)} h`;
}

// The next of 1, 2, 2.5, 5 times a power of ten: where an axis may end.
export function ceiling(value) {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return power * [1, 2, 2.5, 5, 10].find((step) => step * power >= value * (1 - 1e-9));
}

function render({ model, el }) {
  const id = `waterline-capacity-${++instances}`;
  const names = model.get("names");
  const readings = model.get("readings").map((one) => one.map(unbroken));
  const titles = model.get("titles");
  const looks = model.get("look_for");

  const controls = element("div", { className: "waterline-controls" });
  const sliders = names.map((name, number) => {
    const slider = element("input", {
      type: "range", id: `${id}-${number}`, min: 0, max: readings[number].length - 1, step: 1,
    });
    slider.value = model.get("choices")[number];
    const label = element("label", { htmlFor: slider.id });
    label.textContent = name;
    const output = element("output", { "aria-live": "off" });
    output.htmlFor = slider.id;
    controls.append(element("div", { className: "waterline-control" }, label, slider, output));
    if (looks[number]) {
      slider.setAttribute("aria-describedby", `${id}-${number}-look`);
      const look = element("p", { className: "waterline-look", id: `${id}-${number}-look` });
      look.textContent = looks[number];
      controls.append(look);
    }
    return { slider, output };
  });
  const line = element("p", { className: "waterline-line", role: "status" });
  const alert = element("p", { className: "waterline-error", role: "alert" });
  const canvas = element("canvas", { role: "img" });
  const cursor = element("input", { type: "range", id: `${id}-at`, min: 0, max: 1, step: 1, value: 0 });
  const said = element("output", { className: "waterline-at", "aria-live": "off" });
  said.htmlFor = cursor.id;
  const label = element("label", { htmlFor: cursor.id });
  label.textContent = "read at";
  const reader = element("div", { className: "waterline-reader" }, label, cursor, said);
  const legend = element("p", { className: "waterline-note" });
  const table = element("div", { role: "region", tabIndex: 0, className: "waterline-table" });
  table.setAttribute("aria-label", "Table: The curves at twelve instants");
  const summary = element("summary");
  summary.textContent = "The same as a table";
  const details = element("details", {}, summary, table);

  el.classList.add("waterline-capacity");
  el.replaceChildren(controls, line, alert, canvas, legend, reader, details);

  let curves = []; // four views into the block
  let before = []; // those of the frame before, drawn thinly behind
  const tops = [0, 0, 0, 0]; // axes only grow, so that what looks higher is higher
  let asked = null; // the choices that the kernel works on
  let shown = null; // the latest frame that is no error
  let width = 0;

  const chosen = () => sliders.map(({ slider }) => Number(slider.value));
  const same = (one, other) => one && other && one.every((value, number) => value === other[number]);

  function read() {
    sliders.forEach(({ slider, output }, number) => {
      output.textContent = readings[number][slider.value];
      slider.setAttribute("aria-valuetext", output.textContent);
    });
  }

  // One question at a time: what is chosen while the kernel plays is asked when it has answered.
  function ask() {
    read();
    const now = chosen();
    if (asked || same(now, model.get("frame").choices)) return;
    asked = now;
    canvas.setAttribute("aria-busy", "true");
    model.set("choices", now);
    try {
      model.save_changes();
    } catch {
      // No kernel, as in the web book: the picture stays as it is.
    }
  }

  function take() {
    const frame = model.get("frame");
    asked = null;
    canvas.setAttribute("aria-busy", "false");
    if (frame.error) {
      line.textContent = "";
      alert.textContent = `The run stopped. ${frame.error}`;
    } else {
      const block = model.get("curves");
      const bytes = block.buffer.slice(block.byteOffset, block.byteOffset + block.byteLength);
      const floats = new Float32Array(bytes);
      const columns = floats.length / 4;
      before = curves;
      shown = frame;
      curves = titles.map((_, number) => floats.subarray(number * columns, (number + 1) * columns));
      curves.forEach((values, number) => {
        let most = frame.formulas[number] ?? 0;
        for (const value of values) if (value > most) most = value;
        tops[number] = Math.max(tops[number], ceiling(most));
      });
      cursor.max = columns - 1;
      alert.textContent = "";
      line.textContent = unbroken(frame.finding);
      canvas.setAttribute("aria-label", `Four curves: ${titles.join(", ")}. ${frame.finding}`);
      legend.textContent = frame.formulas.some((one) => one !== null)
        ? "Dashed: what the formula says. Thin: the run before this one." : "Thin: the run before this one.";
      draw();
      point();
      if (details.open) fill();
    }
    ask(); // the slider may have moved on
  }

  function colors() {
    const style = getComputedStyle(el);
    const ink = style.color;
    const [red, green, blue] = (ink.match(/\d+(\.\d+)?/g) ?? [0, 0, 0]).map(Number);
    return { ink, lines: 0.3 * red + 0.6 * green + 0.1 * blue > 128 ? DARK : LIGHT };
  }

  function draw() {
    width = el.clientWidth || 720;
    const narrow = width < 520;
    const height = narrow ? HEIGHT * 1.6 : HEIGHT;
    const scale = window.devicePixelRatio || 1;
    if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale)) {
      canvas.width = Math.round(width * scale);
      canvas.height = Math.round(height * scale);
      canvas.style.height = `${height}px`;
    }
    const pen = canvas.getContext("2d");
    pen.setTransform(scale, 0, 0, scale, 0, 0);
    pen.clearRect(0, 0, width, height);
    if (!curves.length) return;
    const { ink, lines } = colors();
    const across = narrow ? 1 : 2;
    const box = {
      width: (width - MARGIN.between * (across - 1)) / across - MARGIN.left - MARGIN.right,
      height: height / (4 / across) - MARGIN.top - MARGIN.bottom,
    };
    const family = getComputedStyle(el).fontFamily;
    curves.forEach((values, number) => {
      const left = MARGIN.left + (number % across) * (width + MARGIN.between) / across;
      const top = MARGIN.top + Math.floor(number / across) * height / (4 / across);
      const bottom = top + box.height;
      const y = (value) => bottom - (value / tops[number]) * box.height;
      pen.fillStyle = ink;
      pen.textAlign = "left";
      pen.font = `600 13px ${family}`;
      pen.fillText(titles[number], left, top - 7);
      pen.font = `11px ${family}`;
      pen.textAlign = "right";
      pen.fillText(short(tops[number]), left - 5, top + 9);
      pen.fillText("0", left - 5, bottom);
      pen.textAlign = "center";
      pen.fillText("0", left, bottom + 14);
      pen.textAlign = "right";
      pen.fillText(time(shown.seconds), left + box.width, bottom + 14);
      pen.strokeStyle = ink;
      pen.lineWidth = 1;
      pen.beginPath();
      pen.moveTo(left, top);
      pen.lineTo(left, bottom);
      pen.lineTo(left + box.width, bottom);
      pen.stroke();
      const path = (one) => {
        pen.beginPath();
        for (let column = 0; column < one.length; column++) {
          const x = left + ((column + 1) / one.length) * box.width;
          if (column) pen.lineTo(x, y(one[column]));
          else pen.moveTo(x, y(one[column]));
        }
      };
      pen.save();
      pen.beginPath();
      pen.rect(left, top - 2, box.width, box.height + 2);
      pen.clip();
      if (before[number]) {
        path(before[number]);
        pen.globalAlpha = 0.55;
        pen.lineWidth = 0.8;
        pen.stroke();
        pen.globalAlpha = 1;
      }
      pen.strokeStyle = lines[number];
      pen.lineWidth = 1.8;
      path(values);
      pen.stroke();
      pen.restore();
      const level = shown.formulas[number];
      if (level !== null) {
        pen.strokeStyle = ink;
        pen.setLineDash([6, 4]);
        pen.lineWidth = 1.2;
        pen.beginPath();
        pen.moveTo(left, y(level));
        pen.lineTo(left + box.width, y(level));
        pen.stroke();
        pen.setLineDash([]);
        pen.textAlign = "right";
        pen.fillText(`formula: ${short(level)}`, left + box.width, top - 7);
      }
      const x = left + ((Number(cursor.value) + 1) / values.length) * box.width;
      pen.strokeStyle = ink;
      pen.lineWidth = 1;
      pen.beginPath();
      pen.moveTo(x, top);
      pen.lineTo(x, bottom);
      pen.stroke();
      pen.fillStyle = lines[number];
      pen.beginPath();
      pen.arc(x, y(values[cursor.value]), 3.5, 0, 7);
      pen.fill();
    });
  }

  const instant = (column) => ((column + 1) / curves[0].length) * shown.seconds;

  function point() {
    const column = Number(cursor.value);
    if (!curves.length) return;
    const values = titles.map((title, number) => `${title}: ${short(curves[number][column])}`);
    said.textContent = unbroken(`${time(instant(column))} – ${values.join("; ")}`);
    cursor.setAttribute("aria-valuetext", said.textContent);
  }

  function fill() {
    if (!curves.length) return;
    const head = element("tr");
    ["time", ...titles].forEach((text) => {
      const cell = element("th", { scope: "col" });
      cell.textContent = text;
      head.append(cell);
    });
    const body = element("tbody");
    const rows = [];
    for (let number = 1; number <= ROWS; number++) {
      const column = Math.max(Math.ceil((curves[0].length * number) / ROWS) - 1, 0);
      rows.push([time(instant(column)), ...curves.map((one) => short(one[column]))]);
    }
    if (shown.formulas.some((one) => one !== null)) {
      rows.push(["formula", ...shown.formulas.map((one) => (one === null ? "" : short(one)))]);
    }
    for (const texts of rows) {
      const row = element("tr");
      for (const text of texts) {
        const cell = element("td");
        cell.textContent = text;
        row.append(cell);
      }
      body.append(row);
    }
    const caption = element("caption");
    caption.textContent = "The curves at twelve instants";
    table.replaceChildren(element("table", {}, caption, element("thead", {}, head), body));
  }

  sliders.forEach(({ slider }) => slider.addEventListener("input", ask));
  cursor.addEventListener("input", () => {
    point();
    draw();
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!curves.length) return;
    const across = width < 520 ? 1 : 2;
    const panel = (width + MARGIN.between) / across;
    const inside = (event.offsetX % panel) - MARGIN.left;
    const reach = (width - MARGIN.between * (across - 1)) / across - MARGIN.left - MARGIN.right;
    const column = Math.round((inside / reach) * curves[0].length) - 1;
    cursor.value = Math.min(Math.max(column, 0), curves[0].length - 1);
    point();
    draw();
  });
  details.addEventListener("toggle", () => details.open && fill());
  // JupyterLab takes plain keys, arrows too, for commands; those pressed here are not for it.
  el.addEventListener("keydown", (event) => {
    if (!event.ctrlKey && !event.metaKey && !event.altKey && event.key !== "Escape") event.stopPropagation();
  });

  const turned = () => {
    if (same(chosen(), asked)) return;
    model.get("choices").forEach((choice, number) => {
      if (!asked) sliders[number].slider.value = choice;
    });
    read();
  };
  const resized = new ResizeObserver(() => el.clientWidth !== width && draw());
  const themed = new MutationObserver(draw);
  const scheme = window.matchMedia("(prefers-color-scheme: dark)");
  resized.observe(el);
  themed.observe(document.body, { attributes: true });
  scheme.addEventListener("change", draw);
  model.on("change:frame", take);
  model.on("change:choices", turned);
  read();
  take();

  return () => {
    resized.disconnect();
    themed.disconnect();
    scheme.removeEventListener("change", draw);
    model.off("change:frame", take);
    model.off("change:choices", turned);
  };
}

export default { render };
