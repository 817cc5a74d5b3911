/** Draws the usage page's charts: each canvas names the element that holds its numbers as JSON. */

/**
 * @typedef {{name: string, values: (number | null)[]}} Series
 * @typedef {{kind: "stack" | "bars" | "ring" | "lines", unit: string, labels: string[], series: Series[]}} Drawing
 */

const SERIES = 8;
const LABEL_CHARS = 16;
/** @type {typeof import("chart.js").Chart} */
const Chart = Reflect.get(globalThis, "Chart");
/** @type {InstanceType<typeof Chart>[]} */
let drawn = [];

/** @param {string} name of one of the page's custom properties @returns {string} what it is in this theme */
function colour(name) {
  const probe = document.createElement("span");
  probe.style.color = `var(${name})`;
  document.querySelector(".usage")?.append(probe);
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
}

/** @param {number} value @param {string} unit a currency, tokens or seconds @returns {string} */
function written(value, unit) {
  if (unit === "tokens") return new Intl.NumberFormat("en", { notation: "compact" }).format(value);
  if (unit === "seconds") return `${value.toPrecision(3)} s`;
  const digits = value !== 0 && Math.abs(value) < 1 ? { minimumSignificantDigits: 2, maximumSignificantDigits: 2 } : { maximumFractionDigits: 2 };
  return new Intl.NumberFormat("en", { style: "currency", currency: unit, ...digits }).format(value);
}

/** @param {string} name @returns {string} as much of it as an axis has room for */
function short(name) {
  return name.length > LABEL_CHARS ? `${name.slice(0, LABEL_CHARS - 1)}…` : name;
}

/** @param {HTMLCanvasElement} canvas @param {Drawing} drawing */
function draw(canvas, { kind, unit, labels, series }) {
  const colours = Array.from({ length: SERIES }, (_, number) => colour(`--series-${number + 1}`));
  const ink = colour("--body-quiet-color");
  const line = colour("--hairline-color");
  const lying = kind === "bars";
  /** @type {(value: number) => string} */
  const shown = (value) => written(value, unit);
  const values = { stacked: kind === "stack", beginAtZero: true, border: { display: false }, grid: { color: line }, ticks: { color: ink, maxTicksLimit: 5, callback: (/** @type {string | number} */ value) => shown(Number(value)) } };
  const names = { stacked: kind === "stack", border: { color: line }, grid: { display: false }, ticks: { color: ink, maxRotation: 0, autoSkip: !lying, callback: (/** @type {string | number} */ place) => short(labels[Number(place)] ?? "") } };
  const paint = (/** @type {number} */ number) => (kind === "ring" ? colours.slice(0, labels.length) : colours[number % SERIES]);
  drawn.push(
    new Chart(canvas, {
      type: kind === "ring" ? "doughnut" : kind === "lines" ? "line" : "bar",
      data: {
        labels,
        datasets: series.map(({ name, values: data }, number) => ({
          label: name,
          data,
          backgroundColor: paint(number),
          borderColor: kind === "lines" ? colours[number] : colour("--body-bg"),
          borderWidth: kind === "lines" ? 2 : kind === "ring" ? 2 : 0,
          pointRadius: labels.length > 1 ? 0 : 4,
          pointHitRadius: 12,
          spanGaps: true,
          maxBarThickness: 40,
        })),
      },
      options: {
        animation: false,
        maintainAspectRatio: false,
        indexAxis: lying ? "y" : "x",
        interaction: kind === "ring" ? { mode: "nearest" } : { mode: "index", axis: lying ? "y" : "x", intersect: false },
        scales: kind === "ring" ? {} : lying ? { x: values, y: names } : { x: names, y: values },
        plugins: {
          legend: { display: !lying, position: kind === "ring" ? "right" : "bottom", labels: { color: ink, boxWidth: 10, boxHeight: 10 } },
          tooltip: {
            filter: ({ raw }) => Boolean(raw),
            callbacks: { label: ({ dataset, label, raw }) => ` ${kind === "ring" ? label : dataset.label}: ${shown(Number(raw))}` },
          },
        },
      },
    }),
  );
}

function drawAll() {
  for (const chart of drawn) chart.destroy();
  drawn = [];
  for (const canvas of /** @type {NodeListOf<HTMLCanvasElement>} */ (document.querySelectorAll("canvas[data-chart]"))) {
    const data = document.getElementById(canvas.dataset["chart"] ?? "");
    if (data) draw(canvas, JSON.parse(data.textContent));
  }
}

drawAll();
new MutationObserver(drawAll).observe(document.documentElement, { attributeFilter: ["data-theme"] });
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
