import { assert, describe, it } from "@effect/vitest"
import { parts } from "../../src/actor/fleet.ts"
import * as agreement from "../../src/cluster/agreement.ts"
import * as places from "../../src/cluster/places.ts"
import * as proof from "../../src/cluster/proof.ts"

const own = agreement.of({
  actors: ["Room", "Bot", "Web"],
  once: [{ name: "bot", actors: ["Bot"] }],
  spec: { spread: ["Room"] },
  protocols: { Room: "Say=1", Bot: "Go=2" }
})

const differs = (change: Partial<agreement.Agreed>): string | undefined =>
  agreement.differs(agreement.read(agreement.write({ ...own, ...change })), own)

describe("what machines have in common", () => {
  it("N4: Machines agree whose actors are in the same places, with the same protocols.", () => {
    assert.isUndefined(differs({}))
  })

  it("N4: A version may have actors and messages that the other one doesn't have.", () => {
    assert.isUndefined(differs({ protocols: { Room: "Say=1\nShout=4", Bot: "Go=2", Cat: "Purr=5" } }))
    assert.isUndefined(differs({ protocols: { Room: "Shout=4" } }))
    assert.isUndefined(differs({ places: { ...own.places, Cat: "spread" } }))
    assert.isUndefined(differs({ places: { Room: "spread" } }))
  })

  it("N4: What differs is named.", () => {
    assert.strictEqual(
      differs({ places: { ...own.places, Bot: "on each machine" } }),
      "Bot is once, on thread \"bot\" here, and on each machine there"
    )
    assert.strictEqual(
      differs({ places: { ...own.places, Web: "spread" } }),
      "Web is on each machine here, and spread there"
    )
    assert.strictEqual(
      differs({ protocols: { Room: "Say=1\nheddle.key=9" } }),
      "Room has another protocol (it has no keys)"
    )
    assert.match(
      differs({ protocols: { Room: "Say=3", Bot: "Go=2" } }) ?? "",
      /^Room has another protocol \(Say has other/
    )
    assert.match(differs({ parts: 64 }) ?? "", /^its heddle speaks with machines in another way/)
    assert.match(agreement.differs(agreement.read("{}"), own) ?? "", /^its heddle speaks with machines in another way/)
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
    assert.strictEqual(counts.size, parts)
    assert.isBelow(Math.max(...counts.values()), 150)
    assert.isAbove(Math.min(...counts.values()), 50)
  })
})
