/** The machines of a system that runs on several: how each is, what it runs, and what is on it. */
import { Problem } from "./dialog.js"
import { memo } from "./memo.js"
import { html, useEffect, useState } from "./preact.js"
import { get } from "./server.js"
import { plural, span } from "./words.js"

const everyMillis = 2000

/** A system without cluster is asked once. */
const useMachines = () => {
  const [known, setKnown] = useState({ isSeveral: false, parts: 0, machines: [], problem: null })
  useEffect(() => {
    let timer
    const read = () =>
      get("api/machines").then((machines) => {
        setKnown(machines)
        return machines.isSeveral
        // That the server is not there, the page says elsewhere.
      }, () => true)
    const again = async () => {
      if (document.hidden || await read()) timer = setTimeout(again, everyMillis)
    }
    void again()
    return () => clearTimeout(timer)
  }, [])
  return known
}

const awakeIn = (threads) =>
  threads.reduce((sum, { actors }) => actors.reduce((all, { keys }) => all + (keys?.awake ?? 0), sum), 0)

const actorOf = ({ keys, name, state }) =>
  `${name}${state === "running" ? "" : ` (${state})`}${keys ? `, ${plural(keys.awake, "key")}` : ""}`

const ThreadOf = ({ thread: { actors, name, once, state } }) =>
  html`<li><b>${name}</b> <span class="note">${once && state === "stopped" ? "not on this machine" : state}</span>
    ${state === "running" && html`<span>${actors.map(actorOf).join("; ")}</span>`}</li>`

const moods = { up: "good", joining: "waiting" }

/** What is said of a machine besides its state. */
const factsOf = ({ ageMillis, isSelf, report, software }, parts) => [
  ...software?.version ? [`version ${software.version}`] : [],
  ...isSelf ? ["this one"] : [],
  ...report === null
    ? [`last heard of ${span(ageMillis)} ago`]
    : [`${report.parts} of ${parts} parts, ${plural(awakeIn(report.threads), "key")}`],
  ...report?.once.length > 0 ? [`runs ${report.once.join(", ")}`] : []
]

const Software = ({ heddle, node }) => html`<p class="note">Node ${node}${heddle && `, heddle ${heddle}`}</p>`

const Machine = ({ machine, parts }) => {
  const { address, problem, report, software, state } = machine
  return html`<li class="machine">
    <details>
      <summary><i class=${moods[state] ?? "bad"} aria-hidden="true">${state === "up" ? "●" : "▲"}</i>
        <b>${address}</b> ${state} <span class="note">${factsOf(machine, parts).join(" · ")}</span></summary>
      ${problem && html`<p class="cause">${problem}</p>`}
      ${software && html`<${Software} ...${software} />`}
      <ul>${report?.threads.map((thread) => html`<${ThreadOf} key=${thread.name} thread=${thread} />`)}</ul>
    </details>
  </li>`
}

export const Machines = memo(() => {
  const { isSeveral, machines, parts, problem } = useMachines()
  if (!isSeveral) return null
  return html`<section class="card machines" aria-labelledby="machines-title">
    <header><h2 id="machines-title">Machines</h2></header>
    ${problem && html`<${Problem} text=${problem} />`}
    <ul>${machines.map((machine) => html`<${Machine} key=${machine.address} machine=${machine} parts=${parts} />`)}</ul>
  </section>`
}, () => true)
