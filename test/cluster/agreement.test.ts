import { assert, describe, it } from "@effect/vitest"
import * as agreement from "../../src/cluster/agreement.ts"
import * as places from "../../src/cluster/places.ts"
import * as proof from "../../src/cluster/proof.ts"

const own: agreement.Agreed = {
  version: 1,
  parts: places.parts,
  spread: ["Room"],
  once: ["bot"],
  protocols: { Room: "Say=1", Bot: "Go=2" }
}

const differs = (change: Partial<agreement.Agreed>): string | undefined =>
  agreement.differs(agreement.read(agreement.write({ ...own, ...change })), own)

describe("what machines have in common", () => {
  it("N4: Machines agree whose lists and protocols are the same.", () => {
    assert.isUndefined(differs({}))
  })

  it("N4: What differs is named.", () => {
    assert.strictEqual(
      differs({ once: [] }),
      "cluster.once is [bot] here and [] there"
    )
    assert.match(
      differs({ protocols: { Room: "Say=3", Bot: "Go=2" } }) ?? "",
      /^Room has another protocol \(Say has other/
    )
    assert.match(differs({ parts: 64 }) ?? "", /^its heddle divides keys in another way/)
    assert.match(agreement.differs(agreement.read("{}"), own) ?? "", /^its heddle divides keys in another way/)
  })

  it("N4: A proof holds for the secret that it was made with, and for no other.", () => {
    const [secret, salt] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)]
    const made = proof.of(secret, salt)
    assert.isTrue(proof.holds(secret, salt, made))
    assert.isFalse(proof.holds(Buffer.alloc(32, 3), salt, made))
    assert.isFalse(proof.holds(secret, Buffer.alloc(32, 3), made))
    assert.isFalse(proof.holds(secret, salt, made.subarray(1)))
  })

  it("N1: Keys are spread evenly over the parts.", () => {
    const counts = new Map<string, number>()
    for (let key = 0; key < 25_600; key++) {
      const part = places.ofKey(`room ${key}`)
      counts.set(part, (counts.get(part) ?? 0) + 1)
    }
    assert.strictEqual(counts.size, places.parts)
    assert.isBelow(Math.max(...counts.values()), 150)
    assert.isAbove(Math.min(...counts.values()), 50)
  })
})
