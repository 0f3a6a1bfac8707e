/**
 * The system that a command talks to, and what its exit code says.
 *
 * ```text
 *   0   done
 *   1   the order could not be carried out, an actor answered with an error of its own, the system is not healthy
 *   2   what was asked makes no sense: arguments, an unknown name, malformed JSON, a payload that does not fit
 *   3   no system was reached
 *   4   a message got no answer: it may have run
 *   5   a message did not run
 * ```
 */
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { realpathSync } from "node:fs"
import { resolve } from "node:path"
import * as log from "../../base/log.ts"
import * as card from "../../socket/card.ts"
import { choose } from "../../socket/choose.ts"
import * as client from "../../socket/client.ts"
import type { Definition, Failed } from "../../socket/request.ts"
import { printable } from "./output.ts"

/** The flags of every command that talks to a system. */
export const flags = {
  pid: Flag.Int("pid").pipe(Flag.withDescription("The process of the system"), Flag.optional),
  socket: Flag.String("socket").pipe(Flag.withDescription("The socket of the system"), Flag.optional),
  json: Flag.Boolean("json").pipe(
    Flag.withDescription("Print JSON, a line for each element"),
    Flag.withDefault(false)
  )
}

/** The values of these flags. */
export interface Flags {
  readonly pid: Option.Option<number>
  readonly socket: Option.Option<string>
  readonly json: boolean
}

/** The address of the system that is meant. */
export const find = Effect.fnUntraced(function*(
  flags: Pick<Flags, "pid" | "socket">
): Effect.fn.Return<client.Address, client.Unreachable> {
  const cards = yield* Effect.tryPromise({
    try: () => card.list(),
    catch: (error) => new client.Unreachable({ problem: `the systems that run can't be listed: ${String(error)}` })
  })
  const socket = Option.getOrUndefined(flags.socket)
  const chosen = choose(cards.map((card) => ({ ...card, directory: real(card.directory) })), {
    pid: Option.getOrUndefined(flags.pid),
    socket: socket === undefined || socket.startsWith("\\\\.\\pipe\\") ? socket : resolve(socket),
    directory: real(process.cwd())
  })
  return "problem" in chosen ? yield* new client.Unreachable({ problem: chosen.problem }) : chosen
})

const real = (path: string): string => {
  try {
    return realpathSync(path)
  } catch {
    return path
  }
}

/** Asks the system that is meant. */
export const ask = <P, A>(
  flags: Pick<Flags, "pid" | "socket">,
  definition: Definition<P, A>,
  payload: P
): Stream.Stream<A, client.Unreachable | Failed> =>
  Stream.unwrap(Effect.map(find(flags), (address) => client.ask(address, definition, payload)))

const codes: { readonly [Kind in Failed["kind"]]: number } = {
  refused: 1,
  declared: 1,
  wrong: 2,
  maybe: 4,
  unhandled: 5
}

/** What a failure is to the shell. */
export const codeOf = (error: client.Unreachable | Failed): number =>
  error._tag === "Unreachable" ? 3 : codes[error.kind]

/** Runs what a command does, and ends the process with its code. Without `says`, a failure is printed as a line. */
export const run = (
  command: Effect.Effect<number, client.Unreachable | Failed>,
  says: (error: client.Unreachable | Failed) => string | undefined = ({ message }) => message
): Effect.Effect<never> =>
  command.pipe(
    Effect.catch((error) => {
      const message = says(error)
      if (message !== undefined) log.write(2, `heddle: ${printable(message)}\n`)
      return Effect.succeed(codeOf(error))
    }),
    Effect.map((code) => process.exit(code))
  )
