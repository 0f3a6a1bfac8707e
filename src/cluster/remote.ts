/**
 * The other machines: a connection to each, which is made when it is needed.
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as RpcClient from "effect/rpc/RpcClient"
import type { RpcClientError } from "effect/rpc/RpcClientError"
import type * as RpcGroup from "effect/rpc/RpcGroup"
import * as RpcSerialization from "effect/rpc/RpcSerialization"
import * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import { Socket } from "effect/socket/Socket"
import { format, parse } from "../base/address.ts"
import type { Settings } from "./settings.ts"
import * as transport from "./transport.ts"
import { type NotHere, Wires } from "./wires.ts"

type Client = RpcClient.RpcClient<RpcGroup.Rpcs<typeof Wires>, RpcClientError>

/** A request has no answer: it was never sent, or the connection was lost while it may have been there. */
export class Lost {
  readonly _tag = "Lost"
  readonly sent: "no" | "maybe"
  readonly why: string

  constructor(sent: "no" | "maybe", why: string) {
    this.sent = sent
    this.why = why
  }
}

/** The connection to one machine. */
class Line {
  readonly client: Client
  readonly scope: Scope.Closeable
  private readonly address: string
  private readonly cut = Deferred.makeUnsafe<string>()
  private readonly state: { isOpen: boolean; opened: number }

  constructor(address: string, client: Client, scope: Scope.Closeable, state: Line["state"]) {
    this.address = address
    this.client = client
    this.scope = scope
    this.state = state
  }

  /** Sends a request. */
  send<A>(request: (client: Client) => Effect.Effect<A, NotHere | RpcClientError>): Effect.Effect<A, NotHere | Lost> {
    return Effect.suspend(() => {
      const { isOpen, opened } = this.state
      const lost = (why: string) => new Lost(isOpen || this.state.opened > opened ? "maybe" : "no", why)
      return request(this.client).pipe(
        Effect.raceFirst(Effect.flatMap(Deferred.await(this.cut), (why) => Effect.fail(lost(why)))),
        Effect.mapError((error) => isClientError(error) ? lost(this.describe(error)) : error)
      )
    })
  }

  /** Ends it: what waits for an answer gets none. */
  end(why: string): Effect.Effect<void> {
    Deferred.doneUnsafe(this.cut, Exit.succeed(why))
    return Scope.close(this.scope, Exit.void)
  }

  private describe(error: RpcClientError): string {
    const cause: unknown = Reflect.get(error.reason, "cause")
    const code = cause instanceof Error ? cause.message : error.message
    return this.state.opened === 0
      ? `machine ${this.address} can't be connected to (${code})`
      : `the connection to machine ${this.address} was lost (${code})`
  }
}

const isClientError = (error: unknown): error is RpcClientError =>
  typeof error === "object" && error !== null && "_tag" in error && error._tag === "RpcClientError"

/** The connections to all machines, until the scope closes. */
export const make = Effect.fnUntraced(function*({ secret }: Settings) {
  const outer = yield* Effect.scope
  const serialization = yield* RpcSerialization.RpcSerialization
  const lines = new Map<string, Line>()

  const open = Effect.fnUntraced(function*(address: string) {
    const parsed = parse(address)
    if (parsed === undefined) return yield* Effect.die(new Error(`${address} is no address`))
    const scope = yield* Scope.fork(outer)
    const state = { isOpen: false, opened: 0 }
    const hooks = RpcClient.ConnectionHooks.of({
      onConnect: Effect.sync(() => {
        state.isOpen = true
        state.opened++
      }),
      onDisconnect: Effect.sync(() => {
        state.isOpen = false
      })
    })
    const client = yield* Effect.gen(function*() {
      const socket = yield* transport.connect(parsed, secret)
      const protocol = yield* RpcClient.makeProtocolSocket({ pingInterval: "1 second", pingTimeout: "10 seconds" })
        .pipe(
          Effect.provideService(Socket, socket),
          Effect.provideService(RpcSerialization.RpcSerialization, serialization),
          Effect.provideService(RpcClient.ConnectionHooks, hooks)
        )
      return yield* Effect.provideService(RpcClient.make(Wires, { disableTracing: true }), RpcClient.Protocol, protocol)
    }).pipe(Scope.provide(scope))
    const line = new Line(format(parsed), client, scope, state)
    lines.set(address, line)
    return line
  })

  const alone = Semaphore.makeUnsafe(1)
  const found = (address: string) =>
    Effect.suspend(() => {
      const line = lines.get(address)
      return line === undefined ? open(address) : Effect.succeed(line)
    })
  const lineTo = (address: string) => {
    const line = lines.get(address)
    return line === undefined ? alone.withPermits(1)(found(address)) : Effect.succeed(line)
  }

  return {
    /** Sends a request to a machine. */
    send: <A>(
      address: string,
      request: (client: Client) => Effect.Effect<A, NotHere | RpcClientError>
    ): Effect.Effect<A, NotHere | Lost> => Effect.flatMap(lineTo(address), (line) => line.send(request)),
    /** A machine is gone: what waits for its answer gets none. */
    drop: (address: string, why: string): Effect.Effect<void> =>
      Effect.suspend(() => {
        const line = lines.get(address)
        lines.delete(address)
        return line?.end(why) ?? Effect.void
      })
  }
})

export type Remote = Effect.Success<ReturnType<typeof make>>
