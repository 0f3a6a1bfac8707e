/**
 * What a program adds to the dashboard.
 */
import type * as Effect from "effect/Effect"
import type * as OpenApi from "effect/http-api/OpenApi"
import type * as HttpRouter from "effect/http/HttpRouter"
import type * as HttpServer from "effect/http/HttpServer"
import type * as Layer from "effect/Layer"
import * as ring from "./ring.ts"

/**
 * One reason to be ready or not.
 *
 * **Details**
 * - `actor`: the actor that it is about. While that actor's thread was never started, the reason does not count.
 *
 * @since 0.1.0
 * @category models
 */
export interface Check {
  readonly name: string
  readonly ok: boolean
  readonly detail: string
  readonly actor?: string | undefined
}

/**
 * The answer of a health address: 200 if all checks are ok, else 503. `more` is added to the answer in JSON.
 *
 * @since 0.1.0
 * @category models
 */
export interface Health {
  readonly checks: ReadonlyArray<Check>
  readonly more?: object | undefined
}

/**
 * A value that pages get whole, whenever its JSON has changed.
 *
 * @since 0.1.0
 * @category models
 */
export interface State {
  readonly _tag: "State"
  readonly read: () => unknown
}

/**
 * A list that only grows, of which pages get what is new to them. An item whose `id` a page has already replaces that one.
 *
 * @since 0.1.0
 * @category models
 */
export interface Lines<in out A extends { readonly id: string } = { readonly id: string }> {
  readonly _tag: "Lines"
  /** How many of the newest items are kept, here and on the page. */
  readonly capacity: number
  readonly push: (item: A) => void
  /** The kept items whose number is at least `next`, and the number that the next item will get. */
  readonly since: (next: number) => { readonly items: ReadonlyArray<unknown>; readonly next: number }
}

/**
 * What a panel shows: a part of each frame that pages get from `/api/events`.
 *
 * @since 0.1.0
 * @category models
 */
export type Field = State | Omit<Lines, "push">

/**
 * Makes a field of a value that is read four times a second, so it should be at hand.
 *
 * @since 0.1.0
 * @category constructors
 */
export const state = (read: () => unknown): State => ({ _tag: "State", read })

/**
 * Makes a field of a list, which keeps the newest `capacity` items.
 *
 * @since 0.1.0
 * @category constructors
 */
export const lines = <A extends { readonly id: string }>(capacity: number): Lines<A> => {
  const { push, since } = ring.make<A>(capacity)
  return { _tag: "Lines", capacity, push, since }
}

/**
 * What a program adds to the dashboard: a card on the page with its data, checks and routes. Only `name` is required.
 *
 * **Details**
 * - `name`: lower-case letters, digits and `-`.
 * - `files`: files of the page by their path (`"/orders.js"`), as `Assets.read` gives them; `.js`, `.css` and `.svg`. They lie
 *   next to the page's own, whose modules they may import: `./preact.js` (`html`, the hooks), `./words.js`, `./scroll.js`,
 *   `./server.js` (`post`). They are sent to everybody who may load the page, without the token.
 * - `script`: the one of `files` whose default export is the card, a Preact component. Its properties are `view` (the fields
 *   of all panels by name), `post(path, body)`, which sends JSON to this server, and `notice(text)`, which shows a text.
 * - `styles`: those of `files` that are style sheets.
 * - `fields`: the panel's data by name. The names are its own: they differ from those of other panels, and from `threads`,
 *   `log`, `thread`, `problem`, `notReady`, `hung`, `panels` and `atMillis`.
 * - `checks`: further reasons to be ready or not. They are asked for often, so they should be at hand.
 * - `health`: health addresses by name: `{ discord: … }` is `/health/discord`, open to everybody.
 * - `routes`: further addresses below `/api`, with the same guard: names, origins, token, size. `document` describes them, as
 *   `OpenApi.fromApi` does; what it does not describe gets 404 for a wrong method.
 *
 * **Gotchas**
 * - A name, path or field that is taken is a defect of the dashboard's start, which says which one.
 *
 * @since 0.1.0
 * @category models
 */
export interface Panel {
  readonly name: string
  readonly files?: Readonly<Record<string, Effect.Effect<Uint8Array>>> | undefined
  readonly script?: string | undefined
  readonly styles?: ReadonlyArray<string> | undefined
  readonly fields?: Readonly<Record<string, Field>> | undefined
  readonly checks?: (() => ReadonlyArray<Check>) | undefined
  readonly health?: Readonly<Record<string, Effect.Effect<Health>>> | undefined
  readonly routes?: Layer.Layer<never, never, HttpRouter.HttpRouter | HttpServices> | undefined
  readonly document?: OpenApi.OpenAPISpec | undefined
}

/** What `HttpApiBuilder.layer` asks for besides a router. */
type HttpServices = Layer.Success<typeof HttpServer.layerServices>

const own = ["threads", "log", "thread", "problem", "notReady", "hung", "panels", "atMillis"]

/** The first thing that two panels, or a panel and the dashboard, both claim; or a name that can't be one. */
export const conflict = (panels: ReadonlyArray<Panel>, paths: Iterable<string>): string | undefined => {
  const taken = new Set([...Array.from(paths, (path) => `the file ${path}`), ...own.map((name) => `the field ${name}`)])
  for (const { fields = {}, files = {}, health = {}, name, script, styles = [] } of panels) {
    if (!/^[a-z][a-z0-9-]*$/.test(name)) return `the name "${name}" is not of lower-case letters, digits and "-"`
    const missing = [...styles, ...script === undefined ? [] : [script]].find((file) => !(file in files))
    if (missing !== undefined) return `the panel "${name}" names the file ${missing}, which it does not have`
    const odd = Object.keys(files).find((path) => !/^\/[\w-]+\.(js|css|svg)$/.test(path))
    if (odd !== undefined) {
      return `the panel "${name}" has the file ${odd}: write "/name.js", "/name.css" or "/name.svg"`
    }
    const claims = [
      `the panel "${name}"`,
      ...Object.keys(files).map((path) => `the file ${path}`),
      ...Object.keys(fields).map((field) => `the field ${field}`),
      ...Object.keys(health).map((address) => `the address /health/${address}`)
    ]
    for (const claim of claims) {
      if (taken.has(claim)) return `${claim} is there twice`
      taken.add(claim)
    }
  }
  return undefined
}
