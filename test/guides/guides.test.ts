import { assert, describe, it } from "@effect/vitest"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { folder, missing } from "./guide.ts"

describe("The guides", () => {
  it("The guides are all listed, and name only what exists.", () => {
    const names = readdirSync(folder).filter((name) => name.endsWith(".md"))
    const index = readFileSync(new URL("README.md", folder), "utf8")
    assert.deepStrictEqual(names.filter((name) => name !== "README.md" && !index.includes(`](${name})`)), [])
    for (const name of names) {
      const text = readFileSync(new URL(name, folder), "utf8")
      const links = Array.from(text.matchAll(/\]\(([^)#\s]+)/g), ([, target = ""]) => target)
      assert.deepStrictEqual(
        links.filter((target) => !target.includes("://") && !existsSync(new URL(target, folder))),
        [],
        name
      )
    }
  })

  it("A line that is missing, or comes too early, is found.", () => {
    assert.isUndefined(missing("a\n12:34:56.789 INFO  b after 12 ms\nc", ["12:00:00.000 INFO  b after 200 ms", "c"]))
    assert.strictEqual(missing("a\nb\nc", ["b", "a"]), "a")
    assert.strictEqual(missing("a b", ["a"]), "a")
  })
})
