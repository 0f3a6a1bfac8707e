import { assert, it } from "@effect/vitest"
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { make } from "../../src/base/folder.ts"

it("A folder is made with those above it, and one that is there is left as it is.", () => {
  const root = mkdtempSync(join(tmpdir(), "heddle-folder-"))
  const deep = join(root, "a/b/c")
  make(deep, 0o700)
  make(deep, 0o755)
  assert.strictEqual(statSync(deep).mode & 0o777, 0o700)
  writeFileSync(join(root, "file"), "")
  assert.throws(() => make(join(root, "file")), /EEXIST/)
  assert.throws(() => make(join(root, "file/below")), /ENOTDIR/)
  rmSync(root, { recursive: true })
})

it.skipIf(!existsSync("/proc/self"))("Where nothing can be made, that is an error at once.", () => {
  assert.throws(() => make("/proc/nowhere/at/all"), /ENOENT/)
})
