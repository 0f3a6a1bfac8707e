/**
 * The storage of a declaration, and the thread that it runs on.
 */
import * as Config from "effect/Config"
import * as Redacted from "effect/Redacted"
import { resolve as absolute } from "node:path"
import type * as Actor from "../Actor.ts"
import { storageActor, storageThread } from "../actor/storageActor.ts"
import { isStorage, type Storage } from "../Storage.ts"
import * as codec from "../wire/codec.ts"
import { type Checker, show } from "./optionChecks.ts"
import { ownThread } from "./ownThread.ts"

/** Checks the storage of a declaration, and that there is one if messages are durable. */
export const resolve = (check: Checker, storage: unknown, threads: ReadonlyArray<Declared>): Storage | undefined => {
  const resolved = resolveStorage(check, storage)
  checkDurable(check, threads, resolved)
  return resolved
}

/** Checks the storage of a declaration. */
const resolveStorage = (check: Checker, storage: unknown): Storage | undefined => {
  if (storage === undefined) return undefined
  if (!isStorage(storage)) {
    check.problem(`storage: ${show(storage)} is not a storage; write Storage.sqlite("data/heddle.db")`)
    return undefined
  }
  if (storage.kind === "postgres") return checkedUrl(check, storage)
  if (!isFile(storage.path)) {
    check.problem(
      `storage: Storage.sqlite takes the path of a file, not ${
        show(storage.path)
      }; under heddle/Testing any path is kept in memory`
    )
    return storage
  }
  return { ...storage, path: absolute(storage.path) }
}

/** An address is a text, a redacted one or a `Config`; what it says is known only where it is used. */
const checkedUrl = (check: Checker, storage: Extract<Storage, { readonly kind: "postgres" }>): Storage => {
  const { url } = storage
  if (Redacted.isRedacted(url) || Config.isConfig(url)) return storage
  if (typeof url !== "string" || !/^postgres(ql)?:\/\//.test(url)) {
    check.problem(
      "storage: Storage.postgres takes { url } with a url that begins with postgres://, a Redacted or a Config of one"
    )
  }
  return storage
}

/** Not what SQLite takes for something else than a file: memory, a temporary file, a URI. */
const isFile = (path: unknown): path is string =>
  typeof path === "string" && path.trim() !== "" && !path.startsWith(":") && !path.startsWith("file:") &&
  !path.includes("\0")

/** What a thread declares, as far as it matters here. */
interface Declared {
  readonly actors: ReadonlyArray<{ readonly actor: Actor.Any }>
  readonly group: { readonly name: string; readonly index: number }
}

/** A system without storage has no durable messages, and a keyed actor no schedule. */
const checkDurable = (
  check: Checker,
  threads: ReadonlyArray<Declared>,
  storage: Storage | undefined
): void => {
  for (const { actors, group } of threads.filter(({ group }) => group.index === 0)) {
    for (const { actor } of actors) {
      const durable = Array.from(codec.make(actor.protocol.requests).values()).filter(({ durable }) => durable)
      for (const { durable: kept, tag } of actor.keys === undefined ? [] : durable) {
        if (kept?.schedule === undefined) continue
        check.problem(
          `threads.${group.name}.actors: ${actor.actorName}.${tag} is a schedule, and ${actor.actorName} is keyed, so nobody knows ` +
            `which key it is for; declare it on a plain actor, which tells the keys`
        )
      }
      if (durable.length === 0 || storage !== undefined) continue
      const messages = durable.map(({ tag }) => `${actor.actorName}.${tag}`).join(", ")
      check.problem(
        `threads.${group.name}.actors: ${messages} ${
          durable.length === 1 ? "is" : "are"
        } durable, and the system has no ` +
          `storage; write storage: Storage.sqlite("data/heddle.db")`
      )
    }
  }
}

/** The threads of a system with that of its storage: it is first, so that it stops last, because the others may still send to it. */
export const withThread = <Spec>(
  threads: ReadonlyArray<Spec>,
  storage: Storage | undefined
): ReadonlyArray<Spec | ReturnType<typeof threadOf>> => storage === undefined ? threads : [threadOf(), ...threads]

/** The thread of a storage, which a system declares by declaring the storage. */
const threadOf = () => ({
  ...ownThread(storageThread, 5000),
  actors: [lazy()],
  startTimeoutMillis: 30_000,
  shutdownTimeoutMillis: 5000,
  // It waits for its disk, and ending it does not make that quicker.
  stallAfterMillis: 10_000,
  onStall: "report" as const
})

const lazy = (): Actor.Lazy<unknown, unknown> => ({
  actor: storageActor(),
  load: () => import("../storage/layer.ts")
})
