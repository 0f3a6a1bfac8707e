import { assert, describe, it } from "@effect/vitest"
import { parseAst } from "rolldown/parseAst"
import { assetCalls } from "../../src/cli/build/assetCalls.ts"

const namesIn = (code: string): ReadonlyArray<string | undefined> =>
  assetCalls(parseAst(code, { lang: "ts" })).map(({ name }) => name)

describe("the files that a module names", () => {
  for (
    const [imported, called] of [
      ["import { Assets } from \"heddle\"", "Assets.read"],
      ["import { Assets as Files } from \"heddle\"", "Files.read"],
      ["import * as heddle from \"heddle\"", "heddle.Assets.read"],
      ["import * as Assets from \"heddle/Assets\"", "Assets.read"],
      ["import { read as readAsset } from \"heddle/Assets\"", "readAsset"]
    ] as const
  ) {
    it(`The files that a module names are found by ${imported}.`, () => {
      assert.deepStrictEqual(namesIn(`${imported}\nconst a = { b: [${called}(import.meta.url, "./a.txt")] }`), [
        "./a.txt"
      ])
    })
  }

  it("The files that a module names are found in their order, as templates too, and with the place of the name.", () => {
    const code =
      "import { Assets } from \"heddle\"\n// ä€😀\nAssets.read(import.meta.url, `./ü.txt`); Assets.read(import.meta.url, './b')"
    const calls = assetCalls(parseAst(code, { lang: "ts" }))
    assert.deepStrictEqual(calls.map(({ end, start }) => code.slice(start, end)), ["`./ü.txt`", "'./b'"])
    assert.deepStrictEqual(calls.map(({ name }) => name), ["./ü.txt", "./b"])
  })

  it("The files that a module names are reported if they are not written out.", () => {
    for (const args of ["import.meta.url, name", "import.meta.url, `./${name}`", "base, \"./a\"", "import.meta.url"]) {
      assert.deepStrictEqual(namesIn(`import { Assets } from "heddle"\nAssets.read(${args})`), [undefined], args)
    }
  })

  it("The files that a module names are those of heddle only.", () => {
    assert.deepStrictEqual(namesIn("import { Assets } from \"./own.ts\"\nAssets.read(import.meta.url, name)"), [])
    assert.deepStrictEqual(namesIn("import { Actor } from \"heddle\"\nfiles.read(import.meta.url, name)"), [])
  })
})
