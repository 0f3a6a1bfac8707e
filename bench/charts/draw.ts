/**
 * Draws charts as SVG by Vega-Lite.
 *
 * The colours of the drawing are those for light pages. A style sheet inside the SVG replaces each of them where the reader
 * prefers dark ones.
 */
import * as vega from "vega"
import * as vegaLite from "vega-lite"
import type { Chart, Draw, Point } from "../charts.ts"

/** Each colour on a light page, and its counterpart on a dark one. */
const colors = {
  text: ["#1f2328", "#e6edf3"],
  faint: ["#59636e", "#9198a1"],
  line: ["#d1d9e0", "#3d444d"],
  first: ["#0969da", "#58a6ff"],
  second: ["#bf5700", "#f0883e"],
  third: ["#8c959f", "#6e7681"]
} as const

const light = (name: keyof typeof colors): string => colors[name][0]

const darkMode = Object.values(colors).flatMap(([day, night]) => [
  `[fill="${day}"]{fill:${night}}`,
  `[stroke="${day}"]{stroke:${night}}`
]).join("")
const style = `<style>@media (prefers-color-scheme:dark){${darkMode}}</style>`

const config: vegaLite.Config = {
  background: "transparent",
  font: "system-ui, -apple-system, 'Segoe UI', sans-serif",
  title: { color: light("text"), fontSize: 14, fontWeight: 600, anchor: "start", frame: "bounds", offset: 12 },
  view: { stroke: null },
  axis: {
    labelColor: light("text"),
    titleColor: light("faint"),
    labelFontSize: 12,
    titleFontSize: 12,
    titleFontWeight: "normal",
    labelLimit: 1000,
    domain: false,
    ticks: false,
    gridColor: light("line")
  },
  legend: { labelColor: light("text"), labelFontSize: 12, labelLimit: 1000, title: null, orient: "bottom" }
}

/** The mean width of a character in ems. Without a browser texts can't be measured, and vega's own guess is too wide. */
const characterEms = 0.56
vega.textMetrics.width = ({ fontSize = 11 }, text) => String(text ?? "").length * fontSize * characterEms

const width = 460
const barHeight = 18

const palette = (series: ReadonlyArray<string>): ReadonlyArray<string> =>
  series[1] === "others"
    ? [light("first"), light("third")]
    : series.length === 2
    ? [light("first"), light("third")]
    : [light("first"), light("second"), light("third")]

const show = "format(datum.value, datum.value >= 100 ? ',.0f' : '.3~g')"

const bars = ({ points, series, title, unit }: Chart): vegaLite.TopLevelSpec => {
  const grouped = series[1] !== "others"
  const y = {
    field: "label",
    type: "nominal" as const,
    sort: null,
    axis: { title: null, labelPadding: 8 },
    scale: { paddingInner: grouped ? 0.3 : 0.25 }
  }
  const encoding = {
    y,
    ...(grouped ? { yOffset: { field: "series", type: "nominal" as const, sort: [...series] } } : {}),
    x: { field: "value", type: "quantitative" as const, axis: { title: unit, tickCount: 5 } },
    color: {
      field: "series",
      type: "nominal" as const,
      scale: { domain: [...series], range: [...palette(series)] },
      legend: grouped ? {} : null
    }
  }
  return {
    title,
    width,
    height: { step: grouped ? barHeight / 1.2 : barHeight * 1.35 },
    data: { values: [...points] },
    layer: [
      { mark: { type: "bar", cornerRadiusEnd: 2 }, encoding },
      {
        mark: { type: "text", align: "left", dx: 4, fontSize: 11, color: light("text") },
        transform: [{ calculate: show, as: "text" }],
        encoding: {
          y: encoding.y,
          ...(encoding.yOffset === undefined ? {} : { yOffset: encoding.yOffset }),
          x: encoding.x,
          text: { field: "text" }
        }
      }
    ],
    config
  }
}

const lines = ({ points, series, title, unit }: Chart): vegaLite.TopLevelSpec => ({
  title,
  width,
  height: 220,
  data: { values: [...points] },
  mark: { type: "line", point: { size: 50 }, strokeWidth: 2 },
  encoding: {
    x: { field: "label", type: "ordinal", sort: null, axis: { title: null, labelAngle: 0, grid: false } },
    y: { field: "value", type: "quantitative", axis: { title: unit, tickCount: 5 }, scale: { zero: true } },
    color: { field: "series", type: "nominal", scale: { domain: [...series], range: [...palette(series)] } }
  },
  config
})

const escape = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll("\"", "&quot;")

/** What a screen reader says: the title and every number. */
const description = ({ points, title }: Chart): string => {
  const numbers = points.map(({ label, series, value }: Point) =>
    `${label}${series === "others" || series === "heddle" ? "" : `, ${series}`}: ${value}`
  )
  return escape(`${title}. ${numbers.join("; ")}`)
}

export const draw: Draw = async (chart) => {
  const { spec } = vegaLite.compile(chart.kind === "bars" ? bars(chart) : lines(chart))
  const svg = await new vega.View(vega.parse(spec), { renderer: "none" }).toSVG()
  return svg.replace(/<svg([^>]*)>/, `<svg$1 role="img" aria-label="${description(chart)}">${style}`) + "\n"
}
