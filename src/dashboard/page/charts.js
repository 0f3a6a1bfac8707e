/** Small live charts: the last minute or hour of one number, drawn as an area. */
import { html, useEffect, useState } from "./preact.js"
import { get } from "./server.js"

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

/** The last hour of each thread, which the supervisor keeps, while it is wanted; read again every 20 seconds. */
export const useHour = (wanted) => {
  const [hour, setHour] = useState(null)
  useEffect(() => {
    if (!wanted) return undefined
    const read = () => get("api/history").then((history) => setHour(makeHour(history)), () => {})
    void read()
    const timer = setInterval(read, 20_000)
    return () => clearInterval(timer)
  }, [wanted])
  return wanted ? hour : null
}

let versions = 0

const makeHour = ({ everyMillis, threads }) => {
  const byThread = new Map(threads.map(({ name, samples }) => [
    name,
    samples.map(([busy, heap, waiting, handled], index) => ({
      busy,
      heap,
      waiting,
      rate: index === 0 ? null : Math.max(0, handled - samples[index - 1][3]) * 1000 / everyMillis
    }))
  ]))
  return { of: (name) => byThread.get(name) ?? [], samples: 3_600_000 / everyMillis, version: ++versions }
}

/** One number with its label and its past of `most` samples. `max` is the least top of the scale; null values are not known. */
export const Chart = ({ label, shown, values: all, max, most = samples }) => {
  const values = all.filter((value) => value !== null)
  return html`<figure class="chart" role="img" aria-label=${`${label}: ${shown}`}>
    <figcaption><span>${label}</span><b>${shown}</b></figcaption>
    <svg viewBox=${`0 0 ${width} ${height}`} preserveAspectRatio="none" aria-hidden="true">
      <line x1="0" x2=${width} y1=${height - 0.5} y2=${height - 0.5} class="base" />
      ${values.length > 1 && html`<${Area} values=${values} most=${most} top=${Math.max(max, ...values) * 1.08} />`}
    </svg>
  </figure>`
}

const Area = ({ values, top, most }) => {
  const x = (i) => (width - (values.length - 1 - i) * width / (most - 1)).toFixed(1)
  const y = (value) => (height - 1 - value / top * (height - 2)).toFixed(1)
  const line = values.map((value, i) => `${x(i)},${y(value)}`).join(" ")
  return html`
    <polygon points=${`${x(0)},${height} ${line} ${width},${height}`} class="area" />
    <polyline points=${line} class="line" />
  `
}
