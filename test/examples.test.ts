import { assert, it } from "@effect/vitest"
import { expectedOutput, printsWhatItSays, programs, read } from "./example.ts"

/** The others are run by `test/guides/examples.long.ts`. */
it.each(programs.slice(0, 3))("examples/%s prints what its comment says.", printsWhatItSays)

it("The README shows examples/01-hello.ts as it is.", () => {
  const blocks = Array.from(read("README.md").matchAll(/```ts\n(.*?)```/gs), ([, code]) => code)
  const code = read("examples/01-hello.ts").replace(/^(\/\/.*\n)+/, "")
  assert.isTrue(blocks.includes(code), "no block of the README is the code of the example")
  assert.isAtMost(code.trimEnd().split("\n").length, 30)
  const [first, second] = expectedOutput(read("examples/01-hello.ts")).trimEnd().split("\n")
  assert.include(read("README.md"), `It prints \`${first}\` and \`${second}\`.`)
})
