/** `heddle-discord-sandbox`: a Discord on this machine, to develop any bot against. */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as References from "effect/References"
import * as Schema from "effect/Schema"
import * as Sandbox from "./Sandbox.ts"

const usage = `heddle-discord-sandbox [--port PORT]

Runs a Discord on this machine until it is interrupted. Prints two lines for a shell, then the page's address:
  export DISCORD_API_URL=http://127.0.0.1:PORT
  export DISCORD_TOKEN=...
PORT, or SANDBOX_PORT: default 4200; 0 takes any free port.
`

const standardPort = 4200
const port = Config.withDefault(Config.schema(Schema.Port, "SANDBOX_PORT"), standardPort)

/** What the command line asks for: a port, help, or nothing that is known. */
export const parse = (args: ReadonlyArray<string>): { readonly port?: number } | "help" | undefined => {
  if (args.length === 0) return {}
  const line = args.join(" ")
  if (line === "--help" || line === "-h") return "help"
  const given = args.length > 2 ? undefined : /^--port[= ](\d{1,5})$/.exec(line)?.[1]
  return given === undefined || Number(given) > 65_535 ? undefined : { port: Number(given) }
}

const program = Effect.gen(function*() {
  const asked = parse(process.argv.slice(2))
  if (asked === "help") return void process.stdout.write(usage)
  if (asked === undefined) {
    process.stderr.write(usage)
    process.exitCode = 2
    return
  }
  const sandbox = yield* Sandbox.make({ port: asked.port ?? (yield* port) })
  process.stdout.write(`export DISCORD_API_URL=${sandbox.url}\nexport DISCORD_TOKEN=${sandbox.token}\n`)
  process.stderr.write(
    `# The page: ${sandbox.url}/\n` +
      `# Application ${sandbox.applicationId}, guild ${sandbox.guildId}, channel ${sandbox.channelId}\n` +
      `# discord.js: new Client({ intents, rest: { api: process.env.DISCORD_API_URL + "/api" } })\n`
  )
  return yield* Effect.never
})

/** Standard output is for the two lines. */
const log = Layer.mergeAll(
  Logger.layer([Logger.withConsoleError(Logger.formatLogFmt)]),
  Layer.succeed(References.MinimumLogLevel, "Info")
)

const failed = (error: { readonly message: string }) =>
  Effect.sync(() => {
    process.stderr.write(`${error.message}\n`)
    process.exitCode = 1
  })

/** Runs until it is interrupted. */
export const main = (): void =>
  NodeRuntime.runMain(program.pipe(Effect.catch(failed), Effect.scoped, Effect.provide(log)))
