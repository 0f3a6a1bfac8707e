/**
 * The files of a new project: an actor, a test, and what starts them. Pure.
 */

/** What a project is made of. */
export interface Project {
  readonly name: string
  /** The versions of packages, as package.json has them. */
  readonly versions: Readonly<Record<"heddle" | "effect" | "rolldown" | "typescript" | "@types/node", string>>
  /** How its scripts are run: `npm run` or the like. */
  readonly run: string
}

/** A name that a package may have, made of the name of a folder. */
export const packageName = (folder: string): string => {
  const name = folder.normalize("NFKD").replaceAll(/\p{M}/gu, "").toLowerCase().replaceAll(/[^a-z0-9._-]+/g, "-")
    .replaceAll(/^[._-]+|-+$/g, "").slice(0, 214)
  // The project depends on packages of the first two names.
  if (name === "heddle" || name === "effect") return `${name}-app`
  return name === "" || name === "node_modules" ? "app" : name
}

/** All files, by their paths in the project. */
export const filesOf = (project: Project): Readonly<Record<string, string>> => ({
  "package.json": json(manifest(project)),
  "tsconfig.json": json({ compilerOptions }),
  ".gitignore": "node_modules\ndist\n",
  "README.md": readme(project),
  "config.ts": config,
  "Greeter.ts": protocol,
  "GreeterLayer.ts": layer,
  "Greeter.test.ts": test
})

const json = (value: unknown): string => `${JSON.stringify(value, undefined, 2)}\n`

/** The package.json of a new project. */
const manifest = ({ name, versions }: Project) => ({
  name,
  version: "0.0.0",
  private: true,
  type: "module",
  scripts: {
    start: "heddle start config.ts",
    test: "node --test",
    types: "tsc",
    build: "heddle build config.ts --out dist --check"
  },
  engines: { node: ">=22.19" },
  dependencies: { effect: versions.effect, heddle: versions.heddle },
  devDependencies: {
    "@types/node": versions["@types/node"],
    rolldown: versions.rolldown,
    typescript: versions.typescript
  }
})

/** Its tsconfig.json. */
const compilerOptions = {
  target: "es2024",
  module: "nodenext",
  types: ["node"],
  strict: true,
  noEmit: true,
  skipLibCheck: true,
  erasableSyntaxOnly: true,
  verbatimModuleSyntax: true,
  allowImportingTsExtensions: true
}

const config = `/** Which thread hosts which actors. */
import { Actor, System, Thread } from "heddle"
import { Greeter } from "./Greeter.ts"

export default System.make({
  module: import.meta.url,
  threads: {
    greeting: Thread.make({ actors: [Actor.lazy(Greeter, () => import("./GreeterLayer.ts"))] })
  }
})
`

const protocol = `/** What the actor is asked, and what it answers. Everyone who asks it imports this file. */
import * as Rpc from "effect/rpc/Rpc"
import * as Schema from "effect/Schema"
import { Actor } from "heddle"

export class Greeter extends Actor.Service<Greeter>()("Greeter", [
  Rpc.make("Hello", { payload: { name: Schema.String }, success: Schema.String })
]) {}
`

const layer = `/** The actor itself. Only its thread loads this file. */
import * as Effect from "effect/Effect"
import { Greeter } from "./Greeter.ts"

export default Greeter.toLayer(Effect.gen(function*() {
  let count = 0 // it handles one message at a time
  yield* Effect.addFinalizer(() => Effect.log(\`Greeted \${count} times.\`))
  return Greeter.of({
    Hello: ({ name }) => Effect.sync(() => \`Hello, \${name}! You are number \${++count}.\`)
  })
}))
`

const test = `/** The whole system in one process, without threads. */
import * as Effect from "effect/Effect"
import * as Testing from "heddle/Testing"
import assert from "node:assert/strict"
import { test } from "node:test"
import config from "./config.ts"
import { Greeter } from "./Greeter.ts"

test("Greeter counts those that it greets.", () =>
  Effect.gen(function*() {
    const greeter = yield* Greeter
    assert.equal(yield* greeter.Hello({ name: "Ada" }), "Hello, Ada! You are number 1.")
    assert.equal(yield* greeter.Hello({ name: "Bob" }), "Hello, Bob! You are number 2.")
  }).pipe(Effect.provide(Testing.layer(config)), Effect.runPromise))
`

const readme = ({ name, run }: Project): string =>
  `# ${name}

\`\`\`sh
${run} start    # runs the system until Ctrl-C
${run} test
${run} types    # checks the types
${run} build    # writes dist: node dist/start.mjs needs no node_modules
\`\`\`

While it runs, in another terminal:

\`\`\`sh
npx heddle ps
npx heddle call Greeter.Hello '{ "name": "Ada" }'
\`\`\`

\`config.ts\` declares the threads, \`Greeter.ts\` what the actor is asked, \`GreeterLayer.ts\` is the actor.
`
