/**
 * The card of a system that listens: a file next to its socket, by which the command finds it.
 */
import * as Exit from "effect/Exit"
import * as Schema from "effect/Schema"
import { readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs"
import { connect } from "node:net"
import { join } from "node:path"
import * as folders from "./folder.ts"

/** The version of the requests. A command talks to systems of the same one only. */
export const protocol = 1

/** What a system says of itself, in a file next to its socket. */
export const Card = Schema.Struct({
  protocol: Schema.Int,
  pid: Schema.Int,
  socket: Schema.String,
  /** Where the process was started. */
  directory: Schema.String,
  /** The config module: a path, or a URL that is no file's. */
  config: Schema.String,
  startedAtMillis: Schema.Finite
})
export type Card = typeof Card.Type

/** Made when a card is read: what listens only writes one. */
let decode: ((text: string) => Exit.Exit<Card, unknown>) | undefined

/** The path of the card of a socket's folder and name. */
export const pathIn = (folder: string, name: string): string => join(folder, `${name}.json`)

/** Writes a card; readers see all of it or nothing. */
export const write = (path: string, card: Card): void => {
  const draft = `${path}.new`
  writeFileSync(draft, `${JSON.stringify(card)}\n`, { mode: 0o600 })
  renameSync(draft, path)
}

/** Removes a file that may be gone already. */
export const remove = (path: string): void => rmSync(path, { force: true })

/** A socket's name, and whether it has a card that can be read. */
interface Entry {
  readonly folder: string
  readonly name: string
  readonly card: Card | undefined
}

const fileOf = /^(\d+-[0-9a-f]+)\.(sock|json|json\.new)$/

/** All that lies in a folder, if nobody but its owner can have put it there. */
const entriesOf = (folder: string, user: string | number): ReadonlyArray<Entry> => {
  if (folders.inspect(folder, user) !== undefined) return []
  const names = new Set(readdirSync(folder).flatMap((file) => fileOf.exec(file)?.[1] ?? []))
  return Array.from(names, (name) => ({ folder, name, card: cardAt(pathIn(folder, name)) }))
}

/** Reads a card; nothing if it is not one. */
const cardAt = (path: string): Card | undefined => {
  try {
    decode ??= Schema.decodeUnknownExit(Schema.fromJsonString(Card))
    const exit = decode(readFileSync(path, "utf8"))
    return Exit.isSuccess(exit) ? exit.value : undefined
  } catch {
    return undefined
  }
}

/** The cards of the systems that listen. Removes what dead ones have left. */
export const list = async (around: folders.Surroundings = folders.surroundings()): Promise<ReadonlyArray<Card>> => {
  const entries = folders.places(around).flatMap((folder) => entriesOf(folder, around.user))
  const found = await Promise.all(entries.map(async ({ card, folder, name }) => {
    const path = card?.socket ?? folders.socketIn(around.platform, folder, name)
    if (path !== undefined && await isListening(path)) return card === undefined ? [] : [card]
    if (isLeft(folder, name)) clear(folder, name)
    return []
  }))
  return found.flat()
}

/** Removes a socket and its card, the card first: nobody finds a socket that is going away. */
const clear = (folder: string, name: string): void => {
  for (const ending of ["json", "json.new", "sock"]) remove(join(folder, `${name}.${ending}`))
}

/** How old the files of a socket are that nobody listens on, if its process lives: a new one is bound before it listens. */
const leftAfterMillis = 5000

/** Whether the system is gone: its process is, or another one has its number. */
const isLeft = (folder: string, name: string): boolean => {
  if (!isAlive(Number(name.split("-")[0]))) return true
  const times = ["json", "sock"].map((ending) =>
    statSync(join(folder, `${name}.${ending}`), { throwIfNoEntry: false })?.mtimeMs ?? 0
  )
  return Date.now() - Math.max(...times) > leftAfterMillis
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM"
  }
}

/** Whether a process listens on a socket, which says nothing about whether it ever answers. */
const isListening = (path: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(path)
    socket.on("connect", () => {
      socket.destroy()
      resolve(true)
    })
    socket.on("error", (error) => resolve(!("code" in error && isGone(error.code))))
  })

/** Nobody listens there. Not so if the queue of those who want to connect is full (`EAGAIN`). */
export const isGone = (code: unknown): boolean => code === "ECONNREFUSED" || code === "ENOENT" || code === "ENOTSOCK"
