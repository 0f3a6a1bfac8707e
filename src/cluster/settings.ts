/**
 * Address and key of this machine, read from the configuration.
 */
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { scrypt } from "node:crypto"
import { shortestKey } from "../actor/clusterActor.ts"
import type { ClusterSpec } from "../actor/membership.ts"
import { type Address, flawOf, parse } from "../base/address.ts"
import { problemOf } from "../base/configProblem.ts"

/** Why a machine can't take part, or does so no longer; goes on after "this machine ...". */
export class Excluded {
  readonly _tag = "Excluded"
  readonly text: string
  /** Other machines may have taken over already. */
  readonly isLate: boolean

  constructor(text: string, isLate = false) {
    this.text = text
    this.isLate = isLate
  }
}

/** A key has fewer characters than this by mistake only, if it is random. */
const goodKey = 32

/** What a machine is told by its configuration. */
export interface Settings {
  readonly address: Address
  readonly listen: Address
  /** What the connections are encrypted with. */
  readonly secret: Buffer
}

/** Reads the configuration of a machine. */
export const read = Effect.fnUntraced(function*(spec: ClusterSpec): Effect.fn.Return<Settings, Excluded> {
  const address = yield* readAddress("address", spec.address)
  const listen = spec.listen === undefined ? address : yield* readAddress("listen", spec.listen)
  const given = yield* configured("key", spec.key)
  const key = typeof given === "string" ? given : Redacted.value(given)
  if (typeof key !== "string" || key.length < shortestKey) {
    return yield* Effect.fail(
      new Excluded(`has a cluster.key of fewer than ${shortestKey} characters; make one by openssl rand -hex 32`)
    )
  }
  if (key.length < goodKey) {
    yield* Effect.logWarning(
      `cluster.key has ${key.length} characters: who can intercept a connection may guess it; make one by openssl rand -hex 32`
    )
  }
  return { address, listen, secret: yield* secretOf(key) }
})

/** Reads an address, which the environment may have. */
const readAddress = Effect.fnUntraced(function*(
  name: "address" | "listen",
  value: string | Config.Config<string>
): Effect.fn.Return<Address, Excluded> {
  const text = yield* configured(name, value)
  const address = parse(text)
  const flaw = flawOf(text, name === "listen")
  return address === undefined || flaw !== undefined
    ? yield* Effect.fail(new Excluded(`has the cluster.${name} ${JSON.stringify(text)}, which ${flaw}`))
    : address
})

const configured = <A>(name: string, value: A | Config.Config<A>): Effect.Effect<A, Excluded> =>
  Config.isConfig(value)
    ? Effect.mapError(value, (error) => new Excluded(`has no cluster.${name}: ${problemOf(error)}`))
    : Effect.succeed(value)

/** The key of the connections. It takes long to compute on purpose: so a weak secret is not tried out in no time. */
const secretOf = (key: string): Effect.Effect<Buffer> =>
  Effect.callback((resume) => {
    scrypt(key, "heddle cluster 1", 32, { N: 2 ** 15, r: 8, p: 1, maxmem: 2 ** 26 }, (error, secret) =>
      resume(error === null ? Effect.succeed(secret) : Effect.die(error)))
  })
