/** Small live charts: the last minute of one number, drawn as an area. */
import { html } from "./preact.js"

const samples = 60
const width = 120
const height = 32

/** Keeps one sample a second for each thread: busy (0 to 1), heap (bytes), waiting messages, messages a second. */
export const makeHistory = () => {
  const byThread = new Map()
  return {
    sample: (threads) => {
      for (const thread of threads) {
        const past = byThread.get(thread.name) ?? []
        const sum = (field) => thread.actors.reduce((total, actor) => total + actor[field], 0)
        const handled = sum("handled") + sum("failed")
        // Over three seconds, because the supervisor's numbers are up to one second old.
        const before = past.at(-3) ?? past[0]
        const running = thread.state === "running"
        past.push({
          handled,
          busy: running ? thread.eventLoopUtilization : 0,
          heap: running ? thread.heapUsedBytes : 0,
          waiting: sum("mailboxDepth"),
          rate: before ? Math.max(0, handled - before.handled) / Math.min(3, past.length) : null
        })
        if (past.length > samples) past.shift()
        byThread.set(thread.name, past)
      }
    },
    of: (name) => byThread.get(name) ?? []
  }
}

/** One number with its label and its last minute. `max` is the least top of the scale; null values are not known. */
export const Chart = ({ label, shown, values: all, max }) => {
  const values = all.filter((value) => value !== null)
  return html`<figure class="chart" role="img" aria-label=${`${label}: ${shown}`}>
    <figcaption><span>${label}</span><b>${shown}</b></figcaption>
    <svg viewBox=${`0 0 ${width} ${height}`} preserveAspectRatio="none" aria-hidden="true">
      <line x1="0" x2=${width} y1=${height - 0.5} y2=${height - 0.5} class="base" />
      ${values.length > 1 && html`<${Area} values=${values} top=${Math.max(max, ...values) * 1.08} />`}
    </svg>
  </figure>`
}

const Area = ({ values, top }) => {
  const x = (i) => (width - (values.length - 1 - i) * width / (samples - 1)).toFixed(1)
  const y = (value) => (height - 1 - value / top * (height - 2)).toFixed(1)
  const line = values.map((value, i) => `${x(i)},${y(value)}`).join(" ")
  return html`
    <polygon points=${`${x(0)},${height} ${line} ${width},${height}`} class="area" />
    <polyline points=${line} class="line" />
  `
}
