/**
 * `heddle init DIR`: writes a project and installs its packages with the package manager that was used.
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { spawn } from "node:child_process"
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { basename, join, relative, resolve } from "node:path"
import * as folders from "../../base/folder.ts"
import * as log from "../../base/log.ts"
import { filesOf, packageName } from "./files.ts"

/** No project was made. */
export class InitError extends Schema.TaggedError<InitError>()("InitError", { problem: Schema.String }) {
  override get message(): string {
    return this.problem
  }
}

/** What `heddle init` is asked for. */
export interface Options {
  /** Where the project gets heddle from: a version or a path, as in package.json. Default: this version. */
  readonly heddle: string | undefined
  /** Whether the packages are installed. */
  readonly install: boolean
}

const managers = ["npm", "pnpm", "yarn", "bun"] as const

/** The package manager by which this command was started, as it says itself; npm if none did. */
export const managerOf = (userAgent: string | undefined): (typeof managers)[number] =>
  managers.find((name) => userAgent?.startsWith(`${name}/`)) ?? "npm"

/** Makes the project; completes with the exit code of the process. */
export const init = Effect.fnUntraced(function*(folder: string, options: Options) {
  const target = resolve(folder)
  const problem = problemOf(target, folder)
  if (problem !== undefined) return yield* new InitError({ problem })
  const manager = managerOf(process.env["npm_config_user_agent"])
  const versions = yield* versionsOf
  yield* Effect.try({
    try: () => {
      folders.make(target)
      const name = packageName(basename(target))
      const project = {
        name,
        run: `${manager} run`,
        versions: { ...versions, heddle: options.heddle ?? versions.heddle }
      }
      for (const [path, text] of Object.entries(filesOf(project))) {
        writeFileSync(join(target, path), text, { flag: "wx" })
      }
    },
    catch: (error) =>
      new InitError({
        problem: `${folder} can't be written: ${error instanceof Error ? error.message : String(error)}`
      })
  })
  say(`${folder}: a project with one actor, a test and scripts`)
  if (options.install) {
    const code = yield* install(manager, target)
    if (code !== 0) {
      return yield* new InitError({
        problem:
          `${manager} install failed in ${folder}, with exit code ${code}; the files are there: run ${manager} install in it`
      })
    }
  }
  const steps = [
    ...(target === process.cwd() ? [] : [`cd ${quoted(relative(process.cwd(), target))}`]),
    ...(options.install ? [] : [`${manager} install`]),
    `${manager} start`
  ]
  say(`next: ${steps.join(" && ")}`)
  return 0
})

/** As a shell takes it. */
const quoted = (path: string): string => /^[\w./\\-]+$/.test(path) ? path : JSON.stringify(path)

/** Why nothing can be written to a folder; a repository that is empty otherwise is one to write to. */
const problemOf = (target: string, folder: string): string | undefined => {
  if (!existsSync(target)) return undefined
  if (!statSync(target).isDirectory()) return `${folder} is a file; name a folder`
  const [other] = readdirSync(target).filter((name) => name !== ".git")
  return other === undefined ? undefined : `${folder} is not empty: it has ${other}; name a new folder`
}

const Manifest = Schema.fromJsonString(Schema.Struct({
  version: Schema.String,
  peerDependencies: Schema.Struct({ effect: Schema.String, rolldown: Schema.String }),
  devDependencies: Schema.Struct({ typescript: Schema.String, "@types/node": Schema.String })
}))

/** The versions that heddle itself is made and tested with. */
const versionsOf = Effect.sync(() => {
  const text = readFileSync(new URL("../../../package.json", import.meta.url), "utf8")
  const { devDependencies, peerDependencies, version } = Schema.decodeUnknownSync(Manifest)(text)
  return { heddle: `^${version}`, ...peerDependencies, ...devDependencies }
})

/** Installs the packages of a new project, and gives the exit code. */
const install = (manager: string, cwd: string): Effect.Effect<number> =>
  Effect.callback((resume) => {
    const child = spawn(manager, ["install"], { cwd, stdio: "inherit", shell: process.platform === "win32" })
    child.on("error", (error) => {
      log.write(2, `heddle: ${manager} can't be started: ${error.message}\n`)
      resume(Effect.succeed(1))
    })
    child.on("close", (code) => resume(Effect.succeed(code ?? 1)))
    return Effect.sync(() => child.kill())
  })

const say = (line: string): void => log.write(1, `${line}\n`)
