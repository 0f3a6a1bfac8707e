/**
 * The commands that operate a running system. What each does is loaded when it is called.
 */
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { orders } from "./order.ts"
import { flags } from "./target.ts"

/** Loads a module of this folder, and runs what is chosen of it. */
const load = <M>(module: () => Promise<M>, run: (module: M) => Effect.Effect<never>): Effect.Effect<never> =>
  Effect.flatMap(Effect.promise(module), run)

/** `heddle ps`: all threads and actors, as a table. */
const ps = Command.make("ps", {
  ...flags,
  health: Flag.Boolean("health").pipe(
    Flag.withDescription("Exit with 0 if all threads and actors run, else print what is not well and exit with 1"),
    Flag.withDefault(false)
  )
}, (flags) => load(() => import("./ps.ts"), ({ health, ps }) => flags.health ? health(flags) : ps(flags))).pipe(
  Command.withDescription("Show the threads and actors of the system that was started in this directory"),
  Command.withExamples([
    { command: "heddle ps", description: "A table" },
    { command: "heddle ps --health", description: "For a health check: exits with 0 or 1" }
  ])
)

const follow = Flag.Boolean("follow").pipe(
  Flag.withAlias("f"),
  Flag.withDescription("Go on with what happens from now on"),
  Flag.withDefault(false)
)

const events = Command.make(
  "events",
  { ...flags, follow },
  (flags) => load(() => import("./events.ts"), ({ events }) => events(flags))
).pipe(
  Command.withDescription("Print what has happened lately: starts, failures, restarts, dead letters"),
  Command.withExamples([{ command: "heddle events -f", description: "And what happens from now on" }])
)

const some = Argument.String("thread").pipe(
  Argument.withDescription("A thread, or a declaration of several instances; without it, all of them"),
  Argument.optional
)

const logs = Command.make(
  "logs",
  { thread: some, ...flags, follow },
  ({ thread, ...flags }) => load(() => import("./logs.ts"), ({ logs }) => logs(Option.getOrNull(thread), flags))
).pipe(
  Command.withDescription("Print what threads have logged lately, main included"),
  Command.withExamples([{ command: "heddle logs bot -f", description: "Of one thread, and what it logs from now on" }])
)

/** `heddle post-mortem`: what threads died of. */
const postMortem = Command.make(
  "post-mortem",
  { thread: some, ...flags },
  ({ thread, ...flags }) =>
    load(() => import("./postMortem.ts"), ({ postMortem }) => postMortem(Option.getOrNull(thread), flags))
).pipe(
  Command.withDescription(
    "Show what threads died of: the line that hung, the messages in progress, the last log records"
  )
)

/** `heddle inspect`: what an actor handles and has handled. */
const inspect = Command.make(
  "inspect",
  {
    actor: Argument.String("actor").pipe(
      Argument.withDescription("An actor, or 'Room[lobby]' for one key of a keyed actor")
    ),
    ...flags
  },
  ({ actor, ...flags }) => load(() => import("./inspect.ts"), ({ inspect }) => inspect(actor, flags))
).pipe(
  Command.withDescription(
    "Show the messages that an actor handles, the last ones, those that failed, and what it keeps"
  )
)

const recorded = {
  thread: Argument.String("thread").pipe(Argument.withDescription("A thread; of several instances, one of them")),
  out: Flag.String("out").pipe(Flag.withDescription("The file to write, which must not exist"), Flag.optional),
  ...flags
}

const profile = Command.make(
  "profile",
  {
    ...recorded,
    seconds: Flag.Int("seconds").pipe(Flag.withDescription("How long to profile"), Flag.withDefault(10))
  },
  (flags) => load(() => import("./recording.ts"), ({ profile }) => profile(flags))
).pipe(Command.withDescription("Write a CPU profile of a thread for DevTools, also while the thread hangs"))

const heap = Command.make(
  "heap",
  recorded,
  (flags) => load(() => import("./recording.ts"), ({ heap }) => heap(flags))
).pipe(Command.withDescription("Write a snapshot of a thread's heap for DevTools; the thread stands still meanwhile"))

/** `heddle top`: the table of `ps`, again and again. */
const top = Command.make("top", {
  ...flags,
  sort: Flag.Literals("sort", orders).pipe(
    Flag.withDescription("The order of the threads"),
    Flag.withDefault("declared")
  ),
  every: Flag.Int("every").pipe(Flag.withDescription("Seconds between two tables"), Flag.withDefault(1))
}, (flags) => load(() => import("./top.ts"), ({ top }) => top(flags))).pipe(
  Command.withDescription("Show the table of ps again and again; on a terminal, keys sort and scroll it")
)

const check = Command.make("check", {
  file: Argument.String("file").pipe(
    Argument.withDescription("The module: its default export is a System.make, or it calls System.run")
  ),
  json: flags.json
}, ({ file, json }) => load(() => import("./check.ts"), ({ check }) => check(file, json))).pipe(
  Command.withDescription("Load a system as start does, print its threads, actors and messages, and start nothing")
)

const thread = Argument.String("name").pipe(
  Argument.withDescription("A thread, or a declaration of several instances")
)

/** `heddle restart`: one thread, or all instances of a declaration. */
const restart = Command.make(
  "restart",
  { name: thread, ...flags },
  ({ name, ...flags }) => load(() => import("./orders.ts"), ({ restart }) => restart(name, flags))
).pipe(
  Command.withDescription("Restart a thread, and start it if it is stopped; several instances one after the other"),
  Command.withExamples([
    { command: "heddle restart hash", description: "All instances, one after the other" },
    { command: "heddle restart hash.2", description: "The second one" }
  ])
)

/** `heddle stop`: a thread, or a key. */
const stop = Command.make(
  "stop",
  {
    name: Argument.String("name").pipe(
      Argument.withDescription("A thread, a declaration of several instances, or 'Room[lobby]', a key of an actor")
    ),
    ...flags
  },
  ({ name, ...flags }) => load(() => import("./orders.ts"), ({ stop }) => stop(name, flags))
).pipe(
  Command.withDescription("Stop a thread until it is restarted, or a key until its next message; the others go on"),
  Command.withExamples([{ command: "heddle stop 'Room[lobby]'", description: "And what the key kept is forgotten" }])
)

const keys = Command.make(
  "keys",
  { actor: Argument.String("actor").pipe(Argument.withDescription("A keyed actor")), ...flags },
  ({ actor, ...flags }) => load(() => import("./keys.ts"), ({ keys }) => keys(actor, flags))
).pipe(Command.withDescription("Print the keys of an actor that are awake, have failed lately or were given up"))

const wake = Command.make(
  "wake",
  { name: Argument.String("key").pipe(Argument.withDescription("A key, as in 'Room[lobby]'")), ...flags },
  ({ name, ...flags }) => load(() => import("./keys.ts"), ({ wake }) => wake(name, flags))
).pipe(Command.withDescription("Open a key without a message for it; that ends its quarantine"))

const shutdown = Command.make(
  "shutdown",
  flags,
  (flags) => load(() => import("./orders.ts"), ({ shutdown }) => shutdown(flags))
).pipe(Command.withDescription("Stop the whole system in order, and wait until it has ended"))

/** The arguments of `call` and `tell`. */
const message = {
  message: Argument.String("message").pipe(
    Argument.withDescription("The message, as in Quotes.Next, or 'Room[lobby].Say' of a keyed actor")
  ),
  payload: Argument.String("payload").pipe(
    Argument.withDescription("Its payload as JSON; - reads it from standard input"),
    Argument.optional
  ),
  ...flags,
  timeout: Flag.String("timeout").pipe(
    Flag.withDescription("How long to wait, as in \"30 seconds\"; by default as long as the actor says"),
    Flag.optional
  )
}

const call = Command.make(
  "call",
  message,
  (flags) => load(() => import("./call.ts"), ({ call }) => call(flags))
).pipe(
  Command.withDescription("Ask an actor and print its answer, or the elements of its stream"),
  Command.withExamples([{ command: "heddle call Quotes.Next '{}'", description: "Without --json, a text as it is" }])
)

const tell = Command.make(
  "tell",
  message,
  (flags) => load(() => import("./call.ts"), ({ tell }) => tell(flags))
).pipe(Command.withDescription("Send a message to an actor, and wait for no answer"))

const actorFlag = Flag.String("actor").pipe(Flag.withDescription("Only those for this actor"), Flag.optional)

const letters = Command.make("dead-letters", {
  ...flags,
  actor: actorFlag,
  limit: Flag.Int("limit").pipe(Flag.withDescription("How many at most, the latest first"), Flag.withDefault(100))
}, (flags) => load(() => import("./deadLetters.ts"), ({ deadLetters }) => deadLetters(flags))).pipe(
  Command.withDescription("Print the durable messages whose retries are spent, and why"),
  Command.withExamples([{ command: "heddle dead-letters --actor Billing", description: "Those for one actor" }])
)

/** Which dead letters are meant. */
const selection = {
  numbers: Argument.Int("number").pipe(
    Argument.withDescription("The numbers that dead-letters prints"),
    Argument.variadic()
  ),
  ...flags,
  actor: actorFlag,
  all: Flag.Boolean("all").pipe(Flag.withDescription("All of them"), Flag.withDefault(false))
}

const repeat = Command.make(
  "repeat",
  selection,
  (flags) => load(() => import("./deadLetters.ts"), ({ repeat }) => repeat(flags))
).pipe(Command.withDescription("Have dead letters run again, with all their retries"))

const drop = Command.make(
  "drop",
  selection,
  (flags) => load(() => import("./deadLetters.ts"), ({ drop }) => drop(flags))
).pipe(Command.withDescription("Forget dead letters, and their ids"))

/** `heddle trace`: places in a bundle as places in its sources. */
const trace = Command.make("trace", {
  file: Argument.String("file").pipe(
    Argument.withDescription("The log; without it, or with -, standard input"),
    Argument.optional
  ),
  maps: Flag.String("maps").pipe(
    Flag.withDescription("The folder of the source maps; by default each is next to the file that the log names"),
    Flag.optional
  )
}, ({ file, maps }) =>
  load(
    () => import("./trace.ts"),
    ({ trace }) => trace(Option.getOrUndefined(file), Option.getOrUndefined(maps))
  )).pipe(
    Command.withDescription("Print a log of what heddle build has made, with places in the sources"),
    Command.withExamples([
      { command: "heddle trace app.log", description: "A log of node dist/start.mjs" },
      {
        command: "ssh server journalctl -u app | heddle trace --maps app.bundle",
        description: "Of one on another machine"
      }
    ])
  )

/** All commands for a system that runs. */
export const operating = [
  ps,
  top,
  logs,
  events,
  inspect,
  keys,
  postMortem,
  restart,
  stop,
  wake,
  call,
  tell,
  profile,
  heap,
  letters,
  repeat,
  drop,
  shutdown,
  check,
  trace
] as const
