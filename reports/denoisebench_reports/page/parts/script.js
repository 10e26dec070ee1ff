"use strict";
(() => {
  const byId = (id) => document.getElementById(id);
  const data = JSON.parse(byId("viewer-data").textContent);
  const GAIN = { error: 4, removed: 2 };

  // Tables: a heading's button sorts by its column, the numbers in data-value first, high to low.
  const valueOf = (row, column) => {
    const cell = row.cells[column];
    if (cell.dataset.value === undefined) return cell.textContent.trim();
    const number = cell.dataset.value === "" ? NaN : Number(cell.dataset.value);
    return Number.isNaN(number) ? null : number;
  };
  const missing = (value) => value === null || value === "–";
  const sortBy = (table, heading) => {
    const column = heading.cellIndex;
    const body = table.tBodies[0];
    const rows = [...body.rows];
    const numeric = rows.some((row) => row.cells[column].dataset.value !== undefined);
    const before = heading.getAttribute("aria-sort");
    const descending = before === "none" ? numeric : before === "ascending";
    for (const other of heading.parentNode.cells) other.setAttribute("aria-sort", "none");
    heading.setAttribute("aria-sort", descending ? "descending" : "ascending");
    rows.sort((a, b) => {
      const x = valueOf(a, column), y = valueOf(b, column);
      if (missing(x) || missing(y)) return missing(x) - missing(y);
      const order = numeric ? x - y : x.localeCompare(y, undefined, { numeric: true });
      return descending ? -order : order;
    });
    body.append(...rows);
  };
  for (const table of document.querySelectorAll("table.sortable")) {
    table.tHead.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (button) sortBy(table, button.closest("th"));
    });
  }

  // Pictures are decoded when they are first looked at; the last few are kept.
  const decoded = new Map();
  const picture = (key) => {
    if (key === null) return Promise.resolve(null);
    if (!decoded.has(key)) {
      const image = new Image();
      image.src = "data:image/webp;base64," + byId("picture-" + key).textContent;
      decoded.set(key, image.decode().then(() => image));
      if (decoded.size > 64) decoded.delete(decoded.keys().next().value);
    }
    return decoded.get(key);
  };
  const canvasOf = (width, height) => Object.assign(document.createElement("canvas"), { width, height });
  const pixelsOf = (image) => {
    const canvas = canvasOf(image.naturalWidth, image.naturalHeight);
    const context = canvas.getContext("2d", { willReadFrequently: true });
    context.drawImage(image, 0, 0);
    return context.getImageData(0, 0, canvas.width, canvas.height);
  };
  const difference = (a, b, gain) => {
    const first = pixelsOf(a), second = pixelsOf(b).data;
    const out = first.data;
    for (let i = 0; i < out.length; i += 1) {
      if (i % 4 < 3) out[i] = 128 + gain * (out[i] - second[i]);
    }
    const canvas = canvasOf(first.width, first.height);
    canvas.getContext("2d").putImageData(first, 0, 0);
    return canvas;
  };

  const stage = byId("stage"), split = byId("split");
  const state = { condition: null, set: null, at: 0, left: "noisy", right: null, zoom: 1, x: 0.5, y: 0.5, spot: [0.5, 0.5], mode: "image" };
  let images = []; // of the views of the current image, in their order
  let shownMaps = []; // what the grid draws: the images, or maps of them
  let turn = 0;

  const current = () => state.set.images[state.at];
  const indexOf = (view) => state.set.views.indexOf(view);
  const decibels = (number) => {
    const psnr = current().psnr[number];
    return psnr === null ? "" : psnr.toFixed(2) + " dB";
  };
  const clamp = (value, low, high) => Math.min(high, Math.max(low, value));

  const draw = (canvas, source) => {
    const box = canvas.getBoundingClientRect();
    const ratio = window.devicePixelRatio || 1;
    canvas.width = Math.max(1, Math.round(box.width * ratio));
    canvas.height = Math.max(1, Math.round(box.height * ratio));
    if (!source) return;
    const context = canvas.getContext("2d");
    const { width, height } = current();
    const w = width / state.zoom, h = height / state.zoom;
    context.imageSmoothingEnabled = canvas.width < 2 * w;
    context.imageSmoothingQuality = "high";
    context.drawImage(source, state.x * width - w / 2, state.y * height - h / 2, w, h, 0, 0, canvas.width, canvas.height);
  };
  // The detail: a part of each image of the grid, framed, and large in a corner.
  const SHARE = 0.2, ENLARGED = 2.4;
  const drawDetail = (canvas, source) => {
    if (!source || !byId("detail").checked || state.zoom > 1) return;
    const { width, height } = current();
    const side = SHARE * Math.min(width, height), scale = canvas.width / width;
    const x = clamp(state.spot[0] * width - side / 2, 0, width - side);
    const y = clamp(state.spot[1] * height - side / 2, 0, height - side);
    const large = ENLARGED * side * scale;
    const overlaps = ([left, top]) => left < (x + side) * scale && left + large > x * scale
      && top < (y + side) * scale && top + large > y * scale;
    const right = canvas.width - large, bottom = canvas.height - large;
    const corners = [[right, bottom], [0, bottom], [right, 0], [0, 0]];
    const [left, top] = corners.find((corner) => !overlaps(corner)) || corners[0];
    const context = canvas.getContext("2d");
    context.imageSmoothingEnabled = false;
    context.drawImage(source, x, y, side, side, left, top, large, large);
    const line = Math.max(1, window.devicePixelRatio || 1);
    for (const [colour, more] of [["#000", 2], ["#fff", 0]]) {
      context.strokeStyle = colour;
      context.lineWidth = line * (more ? 3 : 1.2);
      context.strokeRect(x * scale, y * scale, side * scale, side * scale);
      context.strokeRect(left, top, large, large);
    }
  };
  // Where the denoised images differ most, on small copies of them.
  const tellingSpot = () => {
    const shown = images.slice(1, -1).filter(Boolean);
    if (shown.length < 2) return [0.5, 0.5];
    const { width, height } = current();
    const w = 64, h = Math.max(1, Math.round((64 * height) / width));
    const values = shown.map((image) => {
      const context = canvasOf(w, h).getContext("2d", { willReadFrequently: true });
      context.drawImage(image, 0, 0, w, h);
      return context.getImageData(0, 0, w, h).data;
    });
    const side = Math.max(1, Math.round(SHARE * Math.min(w, h)));
    const variance = (i) => {
      const all = values.map((data) => data[i]);
      const mean = all.reduce((a, b) => a + b, 0) / all.length;
      return all.reduce((sum, value) => sum + (value - mean) ** 2, 0);
    };
    let best = [-1, 0.5, 0.5];
    for (let y = 0; y + side <= h; y += 2) {
      for (let x = 0; x + side <= w; x += 2) {
        let sum = 0;
        for (let j = y; j < y + side; j += 1) for (let i = x; i < x + side; i += 1) sum += variance(4 * (j * w + i) + 1);
        if (sum > best[0]) best = [sum, (x + side / 2) / w, (y + side / 2) / h];
      }
    }
    return best.slice(1);
  };
  const drawAll = () => {
    for (const side of ["left", "right"]) {
      const number = indexOf(state[side]);
      const canvas = byId(side + "-view");
      draw(canvas, images[number]);
      const text = [state[side], decibels(number)].filter(Boolean).join(" · ");
      byId(side + "-tag").textContent = text;
      canvas.setAttribute("aria-label", `${current().id}, ${text}`);
    }
    byId("grid").querySelectorAll("canvas").forEach((canvas, number) => {
      draw(canvas, shownMaps[number]);
      drawDetail(canvas, shownMaps[number]);
    });
  };
  const fit = () => {
    const { width, height } = current();
    stage.style.aspectRatio = `${width} / ${height}`;
    stage.style.maxWidth = split.style.maxWidth = `calc(76vh * ${width / height})`;
    stage.classList.toggle("zoomed", state.zoom > 1);
    for (const canvas of byId("grid").querySelectorAll("canvas")) canvas.style.aspectRatio = `${width} / ${height}`;
  };
  const look = (x, y) => {
    const half = 0.5 / state.zoom;
    state.x = clamp(x, half, 1 - half);
    state.y = clamp(y, half, 1 - half);
    drawAll();
  };
  const zoomTo = (zoom) => {
    state.zoom = zoom;
    byId("zoom").value = String(zoom);
    fit();
    look(state.x, state.y);
  };

  const buildGrid = () => {
    byId("grid").replaceChildren(...state.set.views.map((view, number) => {
      const figure = document.createElement("figure");
      const canvas = document.createElement("canvas");
      const caption = document.createElement("figcaption");
      const name = document.createElement("b");
      canvas.setAttribute("role", "img");
      name.textContent = view;
      caption.append(name, decibels(number));
      figure.append(canvas, caption);
      return figure;
    }));
  };
  const fillMaps = () => {
    const noisy = images[0], clean = images[images.length - 1];
    const mode = byId("mode");
    const what = state.mode === "image" ? "" : mode.options[mode.selectedIndex].text + ", ";
    shownMaps = images.map((image, number) => {
      if (!image || state.mode === "image") return image;
      if (state.mode === "error") return difference(image, clean, GAIN.error);
      return difference(noisy, image, number ? GAIN.removed : 0);
    });
    byId("grid").querySelectorAll("canvas").forEach((canvas, number) => {
      const text = [state.set.views[number], decibels(number)].filter(Boolean).join(" · ");
      canvas.setAttribute("aria-label", `${what}${current().id}, ${text}`);
    });
  };
  const showImage = async (at) => {
    state.at = at;
    byId("image").value = String(at);
    for (const row of document.querySelectorAll("tr[data-image]")) {
      row.classList.toggle("shown", !row.closest("[data-panel]").hidden && row.dataset.image === current().id);
    }
    const mine = (turn += 1);
    const loaded = await Promise.all(current().keys.map(picture));
    if (mine !== turn) return;
    images = loaded;
    state.spot = tellingSpot();
    buildGrid();
    fillMaps();
    fit();
    look(state.x, state.y);
    byId("viewer").dataset.shown = current().id;
  };
  const options = (select, names) => {
    select.replaceChildren(...names.map(([value, text]) => new Option(text, value)));
  };
  const showSet = (set) => {
    state.set = set;
    for (const panel of document.querySelectorAll("[data-panel]")) {
      panel.hidden = panel.dataset.panel !== state.condition && panel.dataset.panel !== set.key;
    }
    const pictured = set.images.length > 0;
    byId("viewer").hidden = !pictured;
    byId("no-pictures").hidden = pictured;
    if (!pictured) return;
    options(byId("image"), set.images.map((image, number) => [String(number), image.id]));
    for (const side of ["left", "right"]) options(byId(side), set.views.map((view) => [view, view]));
    const methods = set.views.slice(1, -1);
    if (indexOf(state.left) < 0) state.left = "noisy";
    if (indexOf(state.right) < 0) state.right = methods[methods.length - 1] || "clean";
    byId("left").value = state.left;
    byId("right").value = state.right;
    showImage(Math.min(state.at, set.images.length - 1));
  };
  const showCondition = (key) => {
    state.condition = key;
    const sets = data[key].sets;
    options(byId("dataset"), sets.map((set) => [set.key, set.name]));
    const same = sets.find((set) => state.set && set.name === state.set.name) || sets[0];
    byId("dataset").value = same.key;
    showSet(same);
  };

  byId("condition").addEventListener("change", (event) => showCondition(event.target.value));
  byId("dataset").addEventListener("change", (event) => {
    state.at = 0;
    showSet(data[state.condition].sets.find((set) => set.key === event.target.value));
  });
  byId("image").addEventListener("change", (event) => showImage(Number(event.target.value)));
  const step = (by) => showImage((state.at + by + state.set.images.length) % state.set.images.length);
  byId("previous").addEventListener("click", () => step(-1));
  byId("next").addEventListener("click", () => step(1));
  for (const side of ["left", "right"]) {
    byId(side).addEventListener("change", (event) => { state[side] = event.target.value; drawAll(); });
  }
  byId("zoom").addEventListener("change", (event) => zoomTo(Number(event.target.value)));
  byId("mode").addEventListener("change", (event) => { state.mode = event.target.value; fillMaps(); drawAll(); });

  const moveSpot = (x, y) => {
    state.spot = [clamp(x, 0, 1), clamp(y, 0, 1)];
    drawAll();
  };
  byId("detail").addEventListener("change", drawAll);
  byId("grid").addEventListener("click", (event) => {
    const box = event.target.getBoundingClientRect();
    if (event.target.tagName === "CANVAS") moveSpot((event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height);
  });
  const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  byId("grid").addEventListener("keydown", (event) => {
    if (!ARROWS[event.key] || !byId("detail").checked) return;
    moveSpot(state.spot[0] + ARROWS[event.key][0] / 16, state.spot[1] + ARROWS[event.key][1] / 16);
    event.preventDefault();
  });

  // The images of a table's rows can be chosen there too.
  for (const set of Object.values(data).flatMap((condition) => condition.sets)) {
    const panel = document.querySelector(`[data-panel="${set.key}"] table.per-image`)?.closest("[data-panel]");
    const numbers = new Map(set.images.map((image, number) => [image.id, number]));
    for (const row of panel ? panel.querySelectorAll("tr[data-image]") : []) {
      if (!numbers.has(row.dataset.image)) continue;
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = row.dataset.image;
      button.addEventListener("click", () => {
        showImage(numbers.get(row.dataset.image));
        byId("viewer").scrollIntoView({ block: "start" });
      });
      row.cells[0].replaceChildren(button);
    }
  }

  // The stage: the divider follows the slider, and a drag; a drag moves the part shown when zoomed.
  const moveSplit = () => stage.style.setProperty("--split", split.value + "%");
  split.addEventListener("input", moveSplit);
  moveSplit();
  let drag = null;
  stage.addEventListener("pointerdown", (event) => {
    const box = stage.getBoundingClientRect();
    const near = Math.abs(event.clientX - box.left - (box.width * split.value) / 100) < 24;
    drag = { pans: state.zoom > 1 && !near, x: event.clientX, y: event.clientY, from: [state.x, state.y], box };
    stage.setPointerCapture(event.pointerId);
    moveDrag(event);
  });
  const moveDrag = (event) => {
    if (!drag) return;
    if (drag.pans) {
      const { x, y, from, box } = drag;
      look(from[0] - (event.clientX - x) / box.width / state.zoom, from[1] - (event.clientY - y) / box.height / state.zoom);
    } else {
      split.value = String((100 * (event.clientX - drag.box.left)) / drag.box.width);
      moveSplit();
    }
  };
  stage.addEventListener("pointermove", moveDrag);
  for (const end of ["pointerup", "pointercancel"]) stage.addEventListener(end, () => { drag = null; });
  stage.addEventListener("keydown", (event) => {
    const by = 0.25 / state.zoom;
    const moves = { ArrowLeft: [-by, 0], ArrowRight: [by, 0], ArrowUp: [0, -by], ArrowDown: [0, by] };
    if (moves[event.key]) look(state.x + moves[event.key][0], state.y + moves[event.key][1]);
    else if (event.key === "+" || event.key === "=") zoomTo(Math.min(8, state.zoom * 2));
    else if (event.key === "-") zoomTo(Math.max(1, state.zoom / 2));
    else return;
    event.preventDefault();
  });
  new ResizeObserver(() => { if (state.set && state.set.images.length) drawAll(); }).observe(stage);

  if (Object.keys(data).length) showCondition(byId("condition").value);
})();
