/** Finding one's way among many threads: search, folding, and addresses of threads and actors (`#thread/web`, `#actor/Shop`, `#settings`). */
import { html, useEffect, useState } from "./preact.js"
import { plural } from "./words.js"

/** With more threads than these, they begin folded. */
const most = 8

const read = () => {
  if (location.hash === "#settings") return { kind: "settings", name: "" }
  const [, kind, name] = /^#(thread|actor)\/(.+)$/.exec(location.hash) ?? []
  try {
    return kind === undefined ? null : { kind, name: decodeURIComponent(name) }
  } catch {
    return null
  }
}

/** What the page's address names, and how to go elsewhere. */
export const useAddress = () => {
  const [address, setAddress] = useState(read)
  useEffect(() => {
    const changed = () => setAddress(read())
    addEventListener("hashchange", changed)
    return () => removeEventListener("hashchange", changed)
  }, [])
  const go = (next) => {
    const hash = next === null
      ? ""
      : next.name === ""
      ? `#${next.kind}`
      : `#${next.kind}/${encodeURIComponent(next.name)}`
    history.pushState(null, "", `${location.pathname}${location.search}${hash}`)
    setAddress(next)
  }
  return [address, go]
}

/** Which threads are folded and which are found. What the address names is unfolded and scrolled to. */
export const useFolds = (threads, address, text) => {
  const [chosen, setChosen] = useState(new Map())
  const wanted = text.trim().toLowerCase()
  const named = address?.kind === "thread" && threads.some(({ name }) => name === address.name) ? address.name : null
  useEffect(() => {
    if (named === null) return
    setChosen((old) => new Map(old).set(named, false))
    const card = document.getElementById(`thread-${named}`)
    card?.scrollIntoView({ block: "start" })
    card?.querySelector("button.fold")?.focus({ preventScroll: true })
  }, [named])
  const isFolded = (name) => chosen.get(name) ?? threads.length > most
  const setAll = (folded) => setChosen(new Map(threads.map(({ name }) => [name, folded])))
  return {
    isFolded,
    toggle: (name) => setChosen((old) => new Map(old).set(name, !isFolded(name))),
    setAll,
    allFolded: threads.every(({ name }) => isFolded(name)),
    fits: ({ actors, name, state }) =>
      wanted === "" ||
      [name, state, ...actors.map((actor) => actor.name)].some((one) => one.toLowerCase().includes(wanted))
  }
}

export const Search = ({ text, onText, found, all, folds, isHour, onHour }) =>
  html`<div class="search" role="search">
    <input type="search" aria-label="Search threads and actors" placeholder="Search threads and actors" value=${text}
      onInput=${({ currentTarget }) => onText(currentTarget.value)} />
    <span class="muted" role="status">${text === "" ? plural(all, "thread") : `${found} of ${all}`}</span>
    <button class="button" aria-pressed=${isHour} onClick=${() => onHour(!isHour)}>Last hour</button>
    <button class="button" onClick=${() => folds.setAll(!folds.allFolded)}>${
    folds.allFolded ? "Unfold all" : "Fold all"
  }</button>
  </div>`
