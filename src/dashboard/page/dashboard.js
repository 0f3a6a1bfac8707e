/** The dashboard: holds what the server last said, and sends the operator's orders. */
import { makeHistory, useHour } from "./charts.js"
import { Drawer } from "./drawer.js"
import { Letters } from "./letters.js"
import { Log } from "./log.js"
import { Logs } from "./logs.js"
import { Machines } from "./machines.js"
import { Panels } from "./panels.js"
import { html, render, useEffect, useRef, useState } from "./preact.js"
import { follow, post, setToken } from "./server.js"
import { Settings } from "./settings.js"
import { Group, hangOf, Thread } from "./thread.js"
import { Search, useAddress, useFolds } from "./tree.js"
import { span } from "./words.js"

const nothing = {
  threads: [],
  log: [],
  thread: "",
  problem: null,
  notReady: [],
  hung: {},
  panels: [],
  atMillis: 0
}

let keys = 0

/** What of a thread is shown at once when it changes; numbers are shown once a second. */
const urgentOf = ({ actors, incarnation, lastCause, state }) =>
  JSON.stringify([state, incarnation, lastCause, actors.map((actor) => [actor.state, actor.restarts, actor.lastCause])])

/** What a frame says besides threads, events and the time. */
const restOf = ({ atMillis: _at, log: _log, threads: _threads, ...rest }) => JSON.stringify(rest)

/** Whether a frame says something that can't wait for the next second. */
const isUrgent = (frame, old, now) =>
  frame.log.length > 0 || restOf(frame) !== old.rest ||
  frame.panels.some(({ lists }) => Object.keys(lists).some((name) => frame[name].length > 0)) ||
  now.threads.length !== old.threads.length ||
  now.threads.some(({ urgent }, index) => urgent !== old.threads[index].urgent)

/** Applies a frame: a snapshot replaces everything; a delta brings the threads that changed and new lines. */
const apply = (kind) => (old, frame) => {
  const base = kind === "snapshot" ? nothing : old
  const changed = new Map(frame.threads.map((thread) => [thread.name, thread]))
  const known = new Set(base.threads.map(({ name }) => name))
  const keyed = frame.log.map((line) => ({ ...line, key: ++keys }))
  for (const thread of frame.threads) thread.urgent = urgentOf(thread)
  return {
    ...frame,
    rest: restOf(frame),
    threads: [
      ...base.threads.map((thread) => changed.get(thread.name) ?? thread),
      ...frame.threads.filter(({ name }) => !known.has(name))
    ],
    log: keyed.length === 0 ? base.log : [...base.log, ...keyed].slice(-200),
    ...Object.fromEntries(
      frame.panels.flatMap(({ lists }) => Object.entries(lists))
        .map(([name, most]) => [name, merged(base[name] ?? [], frame[name]).slice(-most)])
    )
  }
}

/** Adds items to a list; one whose id is there already takes that one's place. */
const merged = (old, added) => [...new Map([...old, ...added].map((item) => [item.id, item])).values()]

/**
 * The newest view, which is drawn once a second, and at once if it is urgent; with the last minute of each thread. Nothing is
 * drawn while nobody sees the page.
 */
const useView = () => {
  const [shown, setShown] = useState({ view: nothing, tick: 0 })
  const history = useRef(makeHistory())
  const newest = useRef(nothing)
  useEffect(() => {
    const draw = () => document.hidden || setShown(({ tick }) => ({ view: newest.current, tick: tick + 1 }))
    const timer = setInterval(() => {
      history.current.sample(newest.current.threads)
      draw()
    }, 1000)
    document.addEventListener("visibilitychange", draw)
    return () => {
      clearInterval(timer)
      document.removeEventListener("visibilitychange", draw)
    }
  }, [])
  const change = (kind, frame) => {
    const old = newest.current
    const view = newest.current = apply(kind)(old, frame)
    if (isUrgent(frame, old, view)) setShown(({ tick }) => ({ view, tick }))
  }
  return { ...shown, change, history: history.current }
}

/** How old the newest snapshot is, looked at twice a second: what is older than that is grey. */
const staleMillis = 3000

const useAge = () => {
  const [age, setAge] = useState(0)
  const newest = useRef(null)
  useEffect(() => {
    const look = () => setAge(newest.current === null ? 0 : performance.now() - newest.current)
    const timer = setInterval(look, 500)
    return () => clearInterval(timer)
  }, [])
  const renew = () => {
    newest.current = performance.now()
  }
  return [age > staleMillis ? age : 0, renew]
}

/** Sends orders to threads; `pending` has those that an order is on its way to. */
const useOrders = (setNotice) => {
  const [pending, setPending] = useState(new Set())
  const order = async (name, what, body) => {
    setPending((names) => new Set(names).add(name))
    setNotice(null)
    await post(`api/threads/${encodeURIComponent(name)}/${what}`, body).catch((error) => setNotice(error.message))
    setPending((names) => new Set([...names].filter((other) => other !== name)))
  }
  return { order, pending }
}

const App = () => {
  const [link, setLink] = useState({ is: "connecting" })
  const { change, history, tick, view } = useView()
  const [attempt, setAttempt] = useState(0)
  const [notice, setNotice] = useState(null)
  const orders = useOrders(setNotice)
  const skew = useRef(0)
  const [age, renew] = useAge()
  const problemOf = useRef(null)
  const [address, go] = useAddress()

  useEffect(() =>
    follow({
      link: setLink,
      // What comes while the supervisor does not answer is no news of the threads.
      heard: () => problemOf.current === null && renew(),
      frame: (kind, frame) => {
        problemOf.current = frame.problem
        if (frame.problem === null) renew()
        skew.current = frame.atMillis - Date.now()
        change(kind, frame)
      }
    }), [attempt])

  if (link.is === "token") {
    const onToken = (token) => {
      setToken(token)
      setLink({ is: "connecting" })
      setAttempt(attempt + 1)
    }
    return html`<${Token} wrong=${attempt > 0} why=${link.why} onToken=${onToken} />`
  }
  const shown = address?.kind === "actor" ? actorOf(view.threads, address.name) : undefined
  const nowMillis = Date.now() + skew.current
  const hanging = view.threads.flatMap((one) => hangOf(one, view.hung, nowMillis) === null ? [] : [one.name])
  return html`
    <header class="top">
      <${Brand} />
      <${Summary} link=${link} notReady=${view.notReady} hanging=${hanging} age=${age} />
      <nav aria-label="More"><a href="#settings" onClick=${(event) => {
    event.preventDefault()
    go({ kind: "settings", name: "" })
  }}>Settings</a><a href="readyz?verbose">Readiness</a><a href="docs">API</a></nav>
    </header>
    ${notice && html`<${Notice} text=${notice} onDismiss=${() => setNotice(null)} />`}
    <main class=${age > 0 || link.is === "lost" || link.is === "refused" ? "stale" : ""}>
      <${Threads} view=${view} tick=${tick} history=${history} nowMillis=${nowMillis} address=${address}
        go=${go} orders=${orders} />
      <aside>
        <${Machines} />
        <${Panels} view=${view} post=${post} notice=${setNotice} />
        <${Letters} />
        <${Log} lines=${view.log} />
        <${Logs} threads=${view.threads} />
      </aside>
    </main>
    ${address?.kind === "settings" && html`<${Settings} onClose=${() => go(null)} />`}
    ${shown && html`<${Drawer} key=${shown.actor.name} ...${shown} onClose=${() => go(null)} />`}
  `
}

/** The cards of all threads, with what finds and folds them. */
const Threads = ({ view, tick, history, nowMillis, address, go, orders: { order, pending } }) => {
  const [text, setText] = useState("")
  const [isHour, setIsHour] = useState(false)
  const hour = useHour(isHour)
  const folds = useFolds(view.threads, address, text)
  const problem = view.problem &&
    html`<p class="notice">${view.problem.replace(/\.$/, "")}. What you see is the last that is known.</p>`
  const open = (name) => (event) => {
    event.preventDefault()
    go({ kind: "actor", name })
  }
  const one = (thread) => {
    const hang = hangOf(thread, view.hung, nowMillis)
    const busy = pending.has(thread.name)
    const folded = folds.isFolded(thread.name)
    const own = thread.name === view.thread
    const urgent = `${thread.urgent} ${hang?.cause ? "hung" : hang !== null} ${busy} ${folded} ${own} ${hour?.version}`
    return html`<${Thread} key=${thread.name} tick=${tick} urgent=${urgent} thread=${thread} past=${
      history.of(thread.name)
    }
      nowMillis=${nowMillis} own=${own} busy=${busy} order=${order} hang=${hang} hour=${hour} folded=${folded}
      fold=${folds.toggle} open=${open} />`
  }
  const found = view.threads.filter(folds.fits)
  const groups = [...Map.groupBy(found, ({ group }) => group)].map(([name, threads]) =>
    threads.length === 1 ? one(threads[0]) : html`<${Group} key=${name} name=${name} threads=${threads}
      busy=${pending.has(name)} order=${order} one=${one} />`
  )
  return html`
  <section class="threads" aria-labelledby="threads-title">
    <h2 id="threads-title" class="hidden">Threads</h2>
    ${problem}
    <${Search} text=${text} onText=${setText} found=${found.length} all=${view.threads.length} folds=${folds} isHour=${isHour}
      onHour=${setIsHour} />
    ${found.length === 0 && text !== "" && html`<p class="muted">No thread and no actor has that in its name.</p>`}
  <ul>${groups}</ul>
  </section>
  `
}

/** The actor of a name, and its thread: of several instances the first. */
const actorOf = (threads, name) => {
  for (const thread of threads) {
    const actor = thread.actors.find((one) => one.name === name)
    if (actor) return { thread, actor }
  }
  return undefined
}

/** Says how everything is, in one line. */
const summary = (link, notReady, hanging, age) => {
  const old = age > 0 ? ` What you see is ${span(age)} old.` : ""
  if (link.is === "connecting") return { mood: "waiting", mark: "◔", text: "Connecting" }
  if (link.is === "lost") return { mood: "bad", mark: "▲", text: `Connection lost; connecting again.${old}` }
  if (link.is === "refused") return { mood: "bad", mark: "▲", text: `${link.why} Trying again.${old}` }
  if (age > 0) return { mood: "bad", mark: "▲", text: `No news from the system.${old}` }
  if (notReady.length > 0) return { mood: "bad", mark: "▲", text: `Not ready: ${notReady.join(", ")}` }
  if (hanging.length === 1) return { mood: "bad", mark: "▲", text: `${hanging[0]} does not move` }
  if (hanging.length > 1) return { mood: "bad", mark: "▲", text: `${hanging.length} threads do not move` }
  return { mood: "good", mark: "●", text: "Everything is running" }
}

const Summary = ({ link, notReady, hanging, age }) => {
  const { mark, mood, text } = summary(link, notReady, hanging, age)
  return html`<p class=${`summary ${mood}`} role="status"><i aria-hidden="true">${mark}</i><span>${text}</span></p>`
}

const Notice = ({ text, onDismiss }) =>
  html`<p class="notice" role="alert">
    <span>${text}</span><button class="button" onClick=${onDismiss}>Dismiss</button>
  </p>`

const Brand = () =>
  html`<h1 class="brand">
    <svg viewBox="0 0 24 24" aria-hidden="true">
      <path d="M6 2v20M18 2v20M12 2v5.5M12 16.5V22" /><ellipse cx="12" cy="12" rx="2.6" ry="4.5" />
    </svg>
    heddle
  </h1>`

const WrongToken = ({ why }) =>
  html`<p class="cause" role="alert">
    <i aria-hidden="true">▲</i><span>That is not the token. The server said: ${why}</span>
  </p>`

const Token = ({ wrong, why, onToken }) => {
  const [token, setText] = useState("")
  const send = (event) => {
    event.preventDefault()
    if (token !== "") onToken(token)
  }
  return html`<form class="card token" onSubmit=${send}>
    <${Brand} />
    <p>This server asks for its token, the value of <code>HEDDLE_TOKEN</code>. It is kept in this tab only.</p>
    <label for="token">Token</label>
    <input id="token" type="password" autocomplete="off" autofocus value=${token}
      onInput=${({ currentTarget }) => setText(currentTarget.value)} />
    ${wrong && html`<${WrongToken} why=${why} />`}
    <button class="button primary">Open</button>
  </form>`
}

render(html`<${App} />`, document.getElementById("app"))
