/** What is said about imports that Node refuses and other loaders allow, with the messages of the Node that runs the tests. */
import { assert, describe, it } from "@effect/vitest"
import { execFileSync } from "node:child_process"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

const files: Readonly<Record<string, string>> = {
  "package.json": `{ "type": "module" }`,
  "x.ts": "export const x = 1\nexport type Foo = string",
  "page.tsx": "export const page = <p/>",
  "shapes/index.ts": "export const y = 1"
}

/** Each import, and the end of the message. */
const imports: ReadonlyArray<readonly [statement: string, end: RegExp]> = [
  [`import { x } from "./x"`, /Node needs the whole name of a file: let the import end with "x\.ts"$/],
  [`import { x } from "./x.js"`, /let the import end with "x\.ts"$/],
  [`import { page } from "./page"`, /let the import end with "page\.tsx"$/],
  [`import { y } from "./shapes"`, /let the import end with "shapes\/index\.ts"$/],
  [`import { y } from "./shapes/"`, /let the import end with "shapes\/index\.ts"$/],
  [`import { y } from "@/shapes"`, /Node doesn't read the "paths" of tsconfig\.json; use "imports" in package\.json/],
  [`import { y } from "~/shapes"`, /Node doesn't read the "paths" of tsconfig\.json/],
  [`import { x } from "src/x.ts"`, /Node doesn't read the "paths" of tsconfig\.json/],
  [`import { page } from "./page.tsx"`, /Node doesn't run JSX; compile the file first/],
  [`enum A { B }`, /Node only removes types; write it without such syntax/],
  [`import { Foo } from "./x.ts"`, /If Foo is a type, write: import type \{ Foo \}$/],
  [`import x from "./x.ts"`, /does not provide an export named 'default'$/],
  [`import { x } from "./gone.ts"`, /Cannot find module '.+gone\.ts' imported from \S+$/],
  [`import { x } from "no-such-package"`, /Cannot find package 'no-such-package' imported from \S+$/],
  [`throw new Error("of its own")`, /^of its own$/],
  [`throw { get code() { throw 1 }, get message() { throw 2 } }`, /^$/]
]

const advice = new URL("../src/base/importAdvice.ts", import.meta.url).href

/** Imports each in a plain Node, as a thread does, and gives the messages. */
const messages = (folder: string): unknown =>
  JSON.parse(execFileSync(process.execPath, [
    "--input-type=module",
    "--eval",
    `import { withAdvice } from "${advice}"
     const messages = []
     for (let index = 0; index < ${imports.length}; index++) {
       await import(\`./\${index}.ts\`).catch((error) => {
         const advised = withAdvice(error)
         messages.push(advised instanceof Error ? advised.message : "")
       })
     }
     console.log(JSON.stringify(messages))`
  ], { cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }))

describe("advice on imports", () => {
  it("An import that Node refuses comes with what to write instead, and no other error is changed.", () => {
    const folder = mkdtempSync(join(tmpdir(), "heddle-imports-"))
    try {
      mkdirSync(join(folder, "shapes"))
      for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
      imports.forEach(([statement], index) => writeFileSync(join(folder, `${index}.ts`), statement))
      const said = messages(folder)
      assert.isTrue(Array.isArray(said) && said.length === imports.length)
      imports.forEach(([, end], index) => assert.match(Array.isArray(said) ? said[index] : "", end))
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
