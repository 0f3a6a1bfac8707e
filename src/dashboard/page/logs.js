/** What threads log: by level, thread and text, with pause. It is read only while it is shown. */
import { memo } from "./memo.js"
import { html, useEffect, useRef, useState } from "./preact.js"
import { Scroll } from "./scroll.js"
import { read } from "./server.js"

const levels = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"]
const most = 1000

/** What is printed past the log counts as information. */
const rank = (level) => levels.indexOf({ STDOUT: "INFO", STDERR: "ERROR" }[level] ?? level)

const matches = ({ level, text, thread }) => (line) =>
  rank(line.level) >= rank(level) && (thread === "" || line.thread === thread) &&
  (text === "" || `${line.message} ${line.actor ?? ""} ${line.stack ?? ""}`.toLowerCase().includes(text.toLowerCase()))

const Line = ({ line }) =>
  html`<li class=${`record ${line.level.toLowerCase()}`}>
    <time datetime=${line.time}>${new Date(line.time).toLocaleTimeString([], { hour12: false })}</time>
    <span class="level">${line.level}</span>
    <span><b>${line.actor ? `${line.thread}/${line.actor}` : line.thread}</b> ${line.message}${
    line.stack && html`<pre>${line.stack}</pre>`
  }</span>
  </li>`

/** The newest records, as they come; none come while `paused`, and those that were missed are there afterwards. */
const useRecords = (paused) => {
  const [lines, setLines] = useState([])
  const [problem, setProblem] = useState(null)
  const count = useRef(0)
  useEffect(() => {
    if (paused) return undefined
    // Each connection begins with all that are kept.
    let fresh = true
    return read("api/logs", {
      data: (added) => {
        const keyed = added.map((line) => ({ ...line, key: ++count.current }))
        const first = fresh
        fresh = false
        setProblem(null)
        setLines((old) => [...first ? [] : old, ...keyed].slice(-most))
      },
      lost: (why) => {
        fresh = true
        setProblem(why)
      }
    })
  }, [paused])
  return { lines, problem }
}

const named = (threads) => threads.map(({ name }) => name)

/** `threads` are those of the newest view, of which the names count. */
export const Logs = memo(({ threads }) => {
  const [filter, setFilter] = useState({ level: "INFO", thread: "", text: "" })
  const [paused, setPaused] = useState(false)
  const { lines, problem } = useRecords(paused)
  const shown = lines.filter(matches(filter))
  const change = (name) => (event) => setFilter({ ...filter, [name]: event.currentTarget.value })
  const options = (names) => names.map((name) => html`<option key=${name} value=${name}>${name}</option>`)
  const empty = html`<li class="empty">${
    problem ?? (lines.length === 0 ? "Nothing was logged yet." : "No record fits.")
  }</li>`
  return html`<section class="card log records" aria-labelledby="records-title">
    <header>
      <h2 id="records-title">Log</h2>
      <button class="button" aria-pressed=${paused} onClick=${() => setPaused(!paused)}>${
    paused ? "Go on" : "Pause"
  }</button>
    </header>
    <div class="filters" role="group" aria-label="Which records">
      <select aria-label="Level" value=${filter.level} onChange=${change("level")}>${options(levels)}</select>
      <select aria-label="Thread" value=${filter.thread} onChange=${change("thread")}>
        <option value="">all threads</option>${options(["main", ...named(threads)])}
      </select>
      <input type="search" aria-label="Text" placeholder="Text" value=${filter.text} onInput=${change("text")} />
    </div>
    <${Scroll} label="Log" last=${shown.at(-1)?.key}>
      ${shown.length === 0 ? empty : shown.slice(-300).map((line) => html`<${Line} key=${line.key} line=${line} />`)}
    <//>
  </section>`
}, (now, next) => String(named(now.threads)) === String(named(next.threads)))
