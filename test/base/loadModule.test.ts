import { assert, describe, it } from "@effect/vitest"
import { dirname } from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"
import { defaultExportOf, insteadOf, locate } from "../../src/base/loadModule.ts"

const isWanted = (value: unknown): value is string => typeof value === "string"
const transpiled = (exports: object) => Object.defineProperty(exports, "__esModule", { value: true })
const esModule = (value: unknown) => transpiled({ default: value })

describe("the default export of a module", () => {
  for (
    const [what, module] of [
      ["an ES module", { default: "it" }],
      ["exports.default, by import", { default: esModule("it"), "module.exports": esModule("it") }],
      ["exports.default, by require", esModule("it")],
      ["module.exports, by import", { default: "it", "module.exports": "it" }],
      ["module.exports, by require", "it"],
      ["exports.default, passed on by an ES module", { default: esModule("it") }],
      ["exports.default, passed on by CommonJS", { default: esModule(esModule("it")) }]
    ] as const
  ) it(what, () => assert.strictEqual(defaultExportOf(module, isWanted), "it"))

  it("The default export of a module is taken if it is what is wanted.", () => {
    const endless: { default: unknown } = { default: undefined }
    endless.default = endless
    for (const module of [undefined, null, 7, {}, { default: 7 }, { default: null }, esModule({}), endless]) {
      assert.isUndefined(defaultExportOf(module, isWanted))
    }
  })

  for (
    const [module, said] of [
      [{}, "it exports nothing"],
      [{ config: 1, threads: 2 }, "it has no default export, only config, threads"],
      [{ default: transpiled({ config: 1 }) }, "it has no default export, only config"],
      [{ default: undefined }, "its default export is undefined"],
      [{ default: null }, "its default export is null"],
      [{ default: "text" }, "its default export is a string"],
      [{ default: Promise.resolve() }, "its default export is a promise, which would have to be awaited"],
      [{ default: function declare() {} }, "its default export is the function or class declare"],
      [{ default: { threads: {}, module: "" } }, "its default export is an object with threads, module"],
      [{ default: esModule({}) }, "its default export is an object without properties"]
    ] as const
  ) {
    it(`The default export of a module is said not to be wanted: ${said}.`, () =>
      assert.strictEqual(insteadOf(module), said))
  }
})

describe("the module of a declaration", () => {
  const file = fileURLToPath(import.meta.url)
  for (
    const [module, url] of [
      [import.meta.url, import.meta.url],
      [`${import.meta.url}?version=2#it`, `${import.meta.url}?version=2#it`],
      [file, import.meta.url],
      ["/srv/a b/#1/config.cjs", "file:///srv/a%20b/%231/config.cjs"],
      ["C:\\bot\\config.cjs", "file:///C:/bot/config.cjs"],
      ["d:/bot/config.cjs", "file:///d:/bot/config.cjs"],
      ["\\\\host\\share\\config.cjs", "file://host/share/config.cjs"],
      ["data:text/javascript,export default 1", "data:text/javascript,export default 1"]
    ] as const
  ) it(`The module of a declaration may be ${module}.`, () => assert.deepStrictEqual(locate(module), { url }))

  for (
    const [module, problem] of [
      [
        "config.ts",
        /^is not a URL and not an absolute path; write module: import\.meta\.url, or module: __filename in/
      ],
      ["./config.ts", /^is not a URL and not an absolute path/],
      ["C:config.cjs", /^is not a URL and not an absolute path/],
      ["", /^is not a URL and not an absolute path/],
      [dirname(file), /^is a directory; write module: import\.meta\.url, or module: __filename in CommonJS$/],
      [pathToFileURL(dirname(file)).href, /^is a directory/],
      [undefined, /^is not a URL; write module/],
      [new URL(import.meta.url), /^is not a URL; write module/]
    ] as const
  ) {
    it(`The module of a declaration is not ${String(module)}.`, () => {
      const located = locate(module)
      assert("problem" in located)
      assert.match(located.problem, problem)
    })
  }
})
