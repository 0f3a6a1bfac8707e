/**
 * Checks the options of a keyed actor's layer and fills in their defaults.
 */
import * as Duration from "effect/Duration"
import type * as Actor from "../Actor.ts"
import type * as RestartPolicy from "../RestartPolicy.ts"
import { type Checker, checker, show } from "./optionChecks.ts"
import { resolveRestart } from "./topology.ts"

/** The options of keys, every unit in its name. */
export interface KeyOptions {
  /** How many may be awake. */
  readonly keys: number
  readonly onFull: "evict-idle" | "suspend" | "fail"
  /** How long one stays awake without a message. */
  readonly idleMillis: number
  /** They stay awake without messages, and are woken after a restart. */
  readonly keepAlive: boolean
  /** How each is restarted. */
  readonly restart: RestartPolicy.RestartPolicy
}

/** The options of keyed actors; the compiler keeps the list complete. */
const known: { readonly [Option in keyof Actor.KeyedOptions]-?: true } = {
  idle: true,
  capacity: true,
  onFull: true,
  keepAlive: true,
  concurrency: true,
  mailbox: true,
  restart: true
}

/** Throws `InvalidSystem` with every fault found. */
export const keyedOptions = (actor: string, options: Actor.KeyedOptions) => {
  const check = checker()
  const at = (field: string) => `${actor}.toLayer: ${field}`
  for (const option of Object.keys(options)) {
    if (option in known) continue
    check.problem(`${at(show(option))} is not an option; the options are ${Object.keys(known).join(", ")}`)
  }
  const capacity = check.count(at("mailbox.capacity"), options.mailbox?.capacity, 1000, 1)
  const resolved = {
    concurrency: options.concurrency === "unbounded"
      ? Infinity
      : check.count(at("concurrency"), options.concurrency, 1, 1),
    capacity,
    perKey: check.count(at("mailbox.perKey"), options.mailbox?.perKey, Math.ceil(capacity / 4), 1, capacity),
    overflow: check.oneOf(at("mailbox.overflow"), options.mailbox?.overflow, ["suspend", "fail", "drop-oldest"]),
    keys: check.count(at("capacity"), options.capacity, 10_000, 1),
    onFull: check.oneOf(at("onFull"), options.onFull, ["evict-idle", "suspend", "fail"]),
    idleMillis: idle(check, at("idle"), options.idle),
    keepAlive: flag(check, at("keepAlive"), options.keepAlive),
    restart: resolveRestart(check, at("restart"), options.restart)
  }
  check.done()
  return resolved
}

const idle = (check: Checker, path: string, value: Duration.Input | undefined): number =>
  isInfinite(value) ? Infinity : check.millis(path, value, "5 minutes", 1)

const flag = (check: Checker, path: string, value: boolean | undefined): boolean => {
  if (value === undefined || typeof value === "boolean") return value ?? false
  check.problem(`${path}: ${show(value)} is neither true nor false`)
  return false
}

const isInfinite = (value: Duration.Input | undefined): boolean => {
  try {
    return value !== undefined && Duration.toMillis(value) === Infinity
  } catch {
    // Whatever it is, it is no duration.
    return false
  }
}
