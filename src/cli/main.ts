/**
 * The `heddle` command.
 */
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Cause from "effect/Cause"
import * as Argument from "effect/cli/Argument"
import * as CliError from "effect/cli/CliError"
import * as CliOutput from "effect/cli/CliOutput"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { readFileSync } from "node:fs"
import * as log from "../base/log.ts"
import * as ExitCause from "../ExitCause.ts"
import * as mainRecorder from "../main/mainRecorder.ts"
import { operating } from "./commands/index.ts"
import { start } from "./start.ts"

/** The names of `--only`; undefined without it. */
const namesOf = (only: Option.Option<string>): ReadonlyArray<string> | undefined =>
  Option.getOrUndefined(only)?.split(",").map((name) => name.trim()).filter((name) => name !== "")

/** `--bundled` was tried before this command was loaded. */
const fromSources = (only: Option.Option<string>, watch: boolean): string =>
  watch
    ? "it runs from its sources, whose changes --watch follows"
    : Option.isSome(only)
    ? "it runs from its sources: --bundled starts all threads, and --only some of them"
    : "it runs from its sources, because it could not be bundled"

/** `heddle start FILE`: ends the process with the exit code of the system. */
const startCommand = Command.make("start", {
  file: Argument.String("file").pipe(
    Argument.withDescription("The module: its default export is a System.make, or it calls System.run")
  ),
  only: Flag.String("only").pipe(
    Flag.withDescription("Start these threads only, as in web,scraper; the others stay stopped until they are started"),
    Flag.optional
  ),
  bundled: Flag.Boolean("bundled").pipe(
    Flag.withDescription(
      "Bundle it first, as heddle build does, if it has changed since the last time, and run the bundle: half the memory, a third of the time"
    ),
    Flag.withDefault(false)
  ),
  watch: Flag.Boolean("watch").pipe(
    Flag.withDescription("Restart what has loaded a file when that changes, once it loads without error"),
    Flag.withDefault(false)
  )
}, ({ bundled, file, only, watch }) => {
  const started = watch
    ? Effect.flatMap(Effect.promise(() => import("./watch/watch.ts")), ({ run }) => run(file, namesOf(only)))
    : start(file, namesOf(only))
  return Effect.andThen(
    bundled ? Effect.logWarning(fromSources(only, watch)) : Effect.void,
    Effect.map(started, (code) => process.exit(code))
  )
}).pipe(
  Command.withDescription(
    "Run the system that a module declares, until a signal (SIGTERM, SIGINT, SIGHUP, SIGQUIT) or its program's end"
  ),
  Command.withExamples([
    { command: "heddle start services/config.ts", description: "Run the shipped services" },
    { command: "heddle start services/config.ts --only web,scraper", description: "Run two of them" },
    { command: "heddle start services/config.ts --watch", description: "And restart the threads whose files change" }
  ])
)

/** `heddle build CONFIG`: its code, and the bundler, are loaded only when it runs. */
const buildCommand = Command.make("build", {
  config: Argument.String("config").pipe(
    Argument.withDescription("The module: its default export is a System.make, or it calls System.run")
  ),
  out: Flag.String("out").pipe(Flag.withDescription("Write a folder: node DIR/start.mjs runs it"), Flag.optional),
  oneFile: Flag.String("one-file").pipe(Flag.withDescription("Write one executable file"), Flag.optional),
  node: Flag.String("node").pipe(
    Flag.withDescription("The Node that the executable contains, for another platform"),
    Flag.optional
  ),
  external: Flag.String("external").pipe(
    Flag.withDescription("A package that is copied next to the bundle; those with native add-ons always are"),
    Flag.between(0, Infinity)
  ),
  inputs: Flag.String("inputs").pipe(
    Flag.withDescription(
      "Write a list of the files that it was made of, as JSON, for tools that build again when one changes"
    ),
    Flag.optional
  ),
  check: Flag.Boolean("check").pipe(
    Flag.withDescription("Start what was built once, and stop it in order"),
    Flag.withDefault(false)
  )
}, ({ check, config, external, inputs, node, oneFile, out }) =>
  Effect.promise(() => import("./build/build.ts")).pipe(
    Effect.flatMap(({ build }) =>
      build(config, {
        out: Option.getOrUndefined(out),
        oneFile: Option.getOrUndefined(oneFile),
        node: Option.getOrUndefined(node),
        external,
        inputs: Option.getOrUndefined(inputs),
        check
      })
    ),
    Effect.map((code) => process.exit(code))
  )).pipe(
    Command.withDescription("Bundle a system and all that it imports into a folder or one executable file"),
    Command.withExamples([
      { command: "heddle build services/config.ts --out dist", description: "A folder, for node dist/start.mjs" },
      { command: "heddle build services/config.ts --one-file dist/app", description: "One file, without Node" }
    ])
  )

/** `heddle init DIR`: its code is loaded only when it runs. */
const initCommand = Command.make("init", {
  dir: Argument.String("dir").pipe(Argument.withDescription("The folder, which is new or empty; . for this one")),
  heddle: Flag.String("heddle").pipe(
    Flag.withDescription("Where the project gets heddle from, as in package.json; by default this version"),
    Flag.optional
  ),
  install: Flag.Boolean("install").pipe(
    Flag.withDescription("Install the packages; --no-install leaves that to you"),
    Flag.withDefault(true)
  )
}, ({ dir, heddle, install }) =>
  Effect.promise(() => import("./init/init.ts")).pipe(
    Effect.flatMap(({ init }) => init(dir, { heddle: Option.getOrUndefined(heddle), install })),
    Effect.map((code) => process.exit(code))
  )).pipe(
    Command.withDescription("Make a project with one actor, a test and a start script"),
    Command.withExamples([{ command: "npx heddle init my-app", description: "Then: cd my-app && npm start" }])
  )

/** The command with all its subcommands. */
const heddle = Command.make("heddle").pipe(
  Command.withDescription("Supervised, named, long-lived services on worker threads"),
  Command.withSubcommands([startCommand, buildCommand, initCommand, ...operating])
)

/** Of the package, whose `package.json` is two folders up, in the sources and in what they are compiled to. */
const { version } = Schema.decodeUnknownSync(Schema.fromJsonString(Schema.Struct({ version: Schema.String })))(
  readFileSync(new URL("../../package.json", import.meta.url), "utf8")
)

/** What is wrong with the arguments comes first, then the help, both on standard error. */
const presenter: CliOutput.Presenter = {
  present: (event) => {
    if (event._tag !== "InvalidInvocation") return CliOutput.defaultPresenter.present(event)
    return Effect.map(CliOutput.Formatter, (formatter) => {
      const errors = event.errors.map(({ message }) => `heddle: ${message}\n`)
      log.write(2, `${errors.join("")}\n${formatter.formatHelpDoc(event.helpDoc)}\n`)
    })
  }
}

/** These have codes of their own, of which 2 is another one. */
const wrongArguments = ([, command]: ReadonlyArray<string>): number =>
  command === "start" || command === "build" || command === "init" ? 1 : 2

/** The process: what is wrong with the arguments is printed by the library, with the help of the command. */
const program = Command.runWith(heddle, { version })(process.argv.slice(2)).pipe(
  Effect.provide(Layer.mergeAll(
    NodeServices.layer,
    CliOutput.layerPresenter(presenter),
    CliOutput.layer(CliOutput.defaultFormatter({ colors: false }))
  )),
  Effect.provide(log.layer("main", mainRecorder.recorder().write))
)

Effect.runFork(program).addObserver((exit) => {
  if (Exit.isSuccess(exit)) return
  const error = Cause.squash(exit.cause)
  // What is wrong with the arguments has been printed already, together with the help.
  if (error instanceof CliError.ShowHelp) process.exit(wrongArguments(error.commandPath))
  log.write(2, `heddle: ${ExitCause.describeCause(exit.cause).message}\n`)
  process.exit(1)
})
