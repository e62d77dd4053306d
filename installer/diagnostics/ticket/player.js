"use strict";
/* Plays the recording of a ticket. Knows what a recording of deploy-tui is made of, and no more: positions at the
   beginning of a row, line ends, colours. Everything is put in as text. */
(() => {
  const tape = JSON.parse(document.getElementById("tape").textContent);
  const place = document.getElementById("player");
  const STEP = /\x1b\[(\d+);1H|\x1b\[2J|\x1b\[K|\r\n|\r|\n/g;
  const COLOUR = /\x1b\[([0-9;]*)m/g;
  const BASE = ["#000000", "#cd3131", "#0dbc79", "#b58900", "#2472c8", "#bc3fbc", "#11a8cd", "#c8c8c8",
    "#808080", "#f14c4c", "#23d18b", "#f5f543", "#3b8eea", "#d670d6", "#29b8db", "#ffffff"];
  const state = { rows: [], height: tape.rows, at: 0, fresh: true, next: 0, time: 0, playing: false, since: 0, speed: 4 };

  function put(text) {
    if (text === "") return;
    state.rows[state.at] = (state.fresh ? "" : state.rows[state.at] || "") + text;
    state.fresh = false;
  }
  function step(found) {
    if (found[1]) { state.at = Math.min(state.height, Math.max(1, Number(found[1]))) - 1; state.fresh = true; }
    else if (found[0] === "\x1b[2J") state.rows = [];
    else if (found[0] === "\x1b[K") { if (state.fresh) state.rows[state.at] = ""; }
    else if (found[0] === "\r") state.fresh = true;
    else {
      state.fresh = true;
      state.at += 1;
      if (state.at >= state.height) { state.rows.shift(); state.at = state.height - 1; state.rows[state.at] = ""; }
    }
  }
  function feed(text) {
    let done = 0;
    for (const found of text.matchAll(STEP)) { put(text.slice(done, found.index)); step(found); done = found.index + found[0].length; }
    put(text.slice(done));
  }
  function shown(event) {
    if (event[1] === "o") feed(event[2]);
    else if (event[1] === "r") { const rows = Number(event[2].split("x")[1]); if (rows > 0 && rows <= 1000) state.height = rows; state.rows = []; state.at = 0; }
  }
  function colour(codes, at) {
    if (codes[at + 1] === 5) return [indexed(codes[at + 2] || 0), 2];
    if (codes[at + 1] === 2) return ["rgb(" + codes.slice(at + 2, at + 5).map(Number).join(",") + ")", 4];
    return [null, 0];
  }
  function indexed(number) {
    if (number < 16) return BASE[number];
    if (number >= 232) { const grey = 8 + 10 * (number - 232); return "rgb(" + [grey, grey, grey] + ")"; }
    const level = value => (value ? 55 + 40 * value : 0);
    return "rgb(" + [level(Math.floor((number - 16) / 36)), level(Math.floor((number - 16) / 6) % 6), level((number - 16) % 6)] + ")";
  }
  function restyled(style, codes) {
    for (let at = 0; at < codes.length; at += 1) {
      const code = codes[at];
      if (code === 0) style = {};
      else if (code === 1) style = { ...style, bold: true };
      else if (code === 2) style = { ...style, dim: true };
      else if (code === 7) style = { ...style, turned: true };
      else if (code === 22) style = { ...style, bold: false, dim: false };
      else if (code === 27) style = { ...style, turned: false };
      else if (code === 38 || code === 48) { const [value, used] = colour(codes, at); style = { ...style, [code === 38 ? "fore" : "back"]: value }; at += used; }
      else if (code >= 30 && code <= 37) style = { ...style, fore: BASE[code - 30] };
      else if (code >= 40 && code <= 47) style = { ...style, back: BASE[code - 40] };
      else if (code >= 90 && code <= 97) style = { ...style, fore: BASE[code - 82] };
      else if (code >= 100 && code <= 107) style = { ...style, back: BASE[code - 92] };
      else if (code === 39) style = { ...style, fore: null };
      else if (code === 49) style = { ...style, back: null };
    }
    return style;
  }
  function span(text, style) {
    const made = document.createElement("span");
    made.textContent = text;
    const [fore, back] = style.turned ? [style.back || "#000000", style.fore || "#c8c8c8"] : [style.fore, style.back];
    if (fore) made.style.color = fore;
    if (back) made.style.backgroundColor = back;
    if (style.bold) made.style.fontWeight = "bold";
    if (style.dim) made.style.opacity = ".6";
    return made;
  }
  function draw() {
    const screen = document.createDocumentFragment();
    for (let at = 0; at < state.height; at += 1) {
      let style = {}, done = 0;
      const row = state.rows[at] || "";
      for (const found of row.matchAll(COLOUR)) {
        if (found.index > done) screen.append(span(row.slice(done, found.index), style));
        style = restyled(style, found[1].split(";").map(Number));
        done = found.index + found[0].length;
      }
      if (done < row.length) screen.append(span(row.slice(done), style));
      screen.append("\n");
    }
    place.querySelector("pre").replaceChildren(screen);
  }
  function clock(seconds) { return Math.floor(seconds / 60) + ":" + String(Math.floor(seconds % 60)).padStart(2, "0"); }
  function to(time) {
    if (time < state.time) Object.assign(state, { rows: [], height: tape.rows, at: 0, fresh: true, next: 0 });
    state.time = Math.min(tape.seconds, Math.max(0, time));
    while (state.next < tape.events.length && tape.events[state.next][0] <= state.time) shown(tape.events[state.next++]);
    draw();
    place.querySelector("input").value = state.time;
    place.querySelector("output").textContent = clock(state.time) + " / " + clock(tape.seconds);
    if (state.time >= tape.seconds) play(false);
  }
  function play(playing) {
    state.playing = playing;
    state.since = performance.now();
    place.querySelector("button").textContent = playing ? "Pause" : "Play";
    if (playing) tick();
  }
  function tick() {
    if (!state.playing) return;
    const now = performance.now(), gone = (now - state.since) / 1000;
    state.since = now;
    to(state.time + gone * state.speed);
    if (state.playing) setTimeout(tick, 100);
  }
  place.querySelector("button").addEventListener("click", () => {
    if (!state.playing && state.time >= tape.seconds) to(0);
    play(!state.playing);
  });
  place.querySelector("input").addEventListener("input", event => to(Number(event.target.value)));
  place.querySelector("select").addEventListener("change", event => { state.speed = Number(event.target.value); });
  place.querySelector("nav").addEventListener("click", event => { if (event.target.dataset.at) to(Number(event.target.dataset.at)); });
  to(tape.begin);
})();
