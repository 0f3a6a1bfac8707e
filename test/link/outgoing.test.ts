import { assert, describe, it } from "@effect/vitest"
import { Outgoing, WaitingList } from "../../src/link/outgoing.ts"
import { noChain } from "../../src/wire/frame.ts"
import { noValue } from "../../src/wire/translator.ts"

class Numbered extends Outgoing {
  readonly n: number
  constructor(n: number) {
    super("tell", 0, "Put", noValue, noChain, null)
    this.n = n
  }
  onSettled(): void {}
  onAccepted(): void {}
  onChunk(): void {}
  onDeadlock(): () => void {
    return () => {}
  }
}

const numbered = (count: number) => Array.from({ length: count }, (_, n) => new Numbered(n))

describe("a list of waiting messages", () => {
  it("A list of waiting messages keeps their order, whichever of them are taken out.", () => {
    for (let takenOut = 0; takenOut < 2 ** 5; takenOut++) {
      const list = new WaitingList()
      const messages = numbered(5)
      for (const message of messages) list.add(message)
      const kept = messages.filter(({ n }) => {
        const isTakenOut = (takenOut & (1 << n)) !== 0
        if (isTakenOut) list.delete(messages[n] ?? assert.fail())
        return !isTakenOut
      })
      assert.deepStrictEqual(list.toArray(), kept)
      assert.strictEqual(list.first, kept[0])
      assert.strictEqual(list.size, kept.length)
    }
  })

  it("A list of waiting messages adds a message that was taken out at the end.", () => {
    const list = new WaitingList()
    const [first, second, third] = numbered(3)
    assert.isDefined(first)
    assert.isDefined(second)
    assert.isDefined(third)
    for (const message of [first, second, third]) list.add(message)
    list.delete(second)
    list.add(second)
    assert.deepStrictEqual(list.toArray(), [first, third, second])
  })

  it("A list of waiting messages leaves alone what waits in another list.", () => {
    const [here, there] = [new WaitingList(), new WaitingList()]
    const [message, other] = numbered(2)
    assert.isDefined(message)
    assert.isDefined(other)
    here.add(message)
    there.add(other)
    there.delete(message)
    assert.deepStrictEqual(here.toArray(), [message])
    assert.deepStrictEqual(there.toArray(), [other])
    assert.strictEqual(there.size, 1)
  })

  it("A list of waiting messages hands out all of them in order, and is empty then.", () => {
    const list = new WaitingList()
    const messages = numbered(4)
    for (const message of messages) list.add(message)
    assert.deepStrictEqual(list.clear(), messages)
    assert.strictEqual(list.size, 0)
    assert.isUndefined(list.first)
    list.add(messages[2] ?? assert.fail())
    assert.deepStrictEqual(list.toArray(), messages.slice(2, 3))
  })
})
