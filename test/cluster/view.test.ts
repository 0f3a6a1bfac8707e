import { assert, describe, it } from "@effect/vitest"
import type { Row } from "../../src/cluster/tables.ts"
import * as views from "../../src/cluster/view.ts"

const row = (id: number, change: Partial<Row> = {}): Row => ({
  id,
  address: `10.0.0.${id}:7400`,
  session: `${id}`,
  software: "",
  condemned: false,
  isGone: false,
  ...change
})

/** Looks every half second, from 0 on, and takes in who answers at each look. */
const watched = (
  looks: ReadonlyArray<
    { readonly rows: ReadonlyArray<Row>; readonly answers?: ReadonlyArray<number>; readonly at?: number }
  >
): views.View => {
  let view = views.empty
  for (const [index, { answers = [], at = index * views.lookMillis, rows }] of looks.entries()) {
    view = views.looked(view, rows, at)
    for (const id of answers) view = views.answered(view, id, at)
  }
  return view
}

const ids = (rows: ReadonlyArray<Row>): ReadonlyArray<number> => rows.map(({ id }) => id)

describe("what a machine makes of what it sees", () => {
  it("N3: A machine is put out when it has been silent for the failover time less its notice, and not before.", () => {
    const silent = { rows: [row(1)] }
    const until = (looks: number) =>
      watched([{ ...silent, answers: [1] }, ...Array.from({ length: looks }, () => silent)])
    assert.deepStrictEqual(ids(views.silent(until(3), 3000)), [])
    assert.deepStrictEqual(ids(views.silent(until(4), 3000)), [1])
  })

  it("N3: A machine that has just entered has time to listen.", () => {
    const looks = (count: number) => watched(Array.from({ length: count }, () => ({ rows: [row(1)] })))
    assert.deepStrictEqual(ids(views.silent(looks(20), 3000)), [])
    assert.deepStrictEqual(ids(views.silent(looks(26), 3000)), [1])
  })

  it("N3: A machine that stood still itself puts nobody out.", () => {
    const view = watched([
      { rows: [row(1)], answers: [1] },
      { rows: [row(1)], at: 60_000 }
    ])
    assert.deepStrictEqual(ids(views.silent(view, 3000)), [])
  })

  describe("that can't reach others", () => {
    /** What machine `self` sees that has reached `answers` to the last, and the others at first only. */
    const seenBy = (self: number, count: number, answers: ReadonlyArray<number>, looks = 5): views.View => {
      const others = Array.from({ length: count }, (_, index) => index + 1).filter((id) => id !== self)
      const rows = others.map((id) => row(id))
      return watched([{ rows, answers: others }, ...Array.from({ length: looks }, () => ({ rows, answers }))])
    }
    const out = (
      self: number,
      count: number,
      answers: ReadonlyArray<number>,
      living: ReadonlyArray<number>,
      looks = 5
    ) => ids(views.outgoing(seenBy(self, count, answers, looks), self, 3000, new Set(living)))

    it("N3: Whoever does not look at the database either is put out at once, however many they are.", () => {
      assert.deepStrictEqual(out(3, 3, [], []), [1, 2])
      assert.deepStrictEqual(out(2, 2, [], []), [1])
    })

    it("N3: Those who reach most of the machines put the others out, and these wait for it.", () => {
      assert.deepStrictEqual(out(2, 3, [3], [1]), [1])
      assert.deepStrictEqual(out(3, 3, [2], [1]), [1])
      assert.deepStrictEqual(out(1, 3, [], [2, 3]), [])
      assert.deepStrictEqual(out(1, 100, [], Array.from({ length: 99 }, (_, index) => index + 2)), [])
    })

    it("N3: Of two halves the one with the oldest machine stays.", () => {
      assert.deepStrictEqual(out(1, 2, [], [2]), [2])
      assert.deepStrictEqual(out(2, 2, [], [1]), [])
      assert.deepStrictEqual(out(2, 4, [1], [3, 4]), [3, 4])
      assert.deepStrictEqual(out(3, 4, [4], [1, 2]), [])
    })

    it("N3: Machines that have ended count for neither side.", () => {
      assert.deepStrictEqual(out(2, 4, [3], [1]), [1, 4])
      assert.deepStrictEqual(out(1, 4, [], [2, 3]), [4])
    })

    it("N3: Who waits in vain puts the others out in the end.", () => {
      assert.deepStrictEqual(out(2, 2, [], [1], 9), [])
      assert.deepStrictEqual(out(2, 2, [], [1], 10), [1])
    })
  })

  it("N3: A machine whose session is gone is forgotten at the second look, one that is condemned after its notice.", () => {
    const gone = { rows: [row(1, { isGone: true }), row(2, { condemned: true })] }
    assert.deepStrictEqual(ids(views.over(watched([gone]))), [])
    assert.deepStrictEqual(ids(views.over(watched([gone, gone]))), [1])
    assert.deepStrictEqual(ids(views.over(watched([gone, gone, gone]))), [1, 2])
    assert.deepStrictEqual(ids(views.silent(watched([gone, gone, gone]), 2000)), [])
  })

  it("N3: A machine that has left is noticed, and one at its address is not taken for it.", () => {
    const before = watched([{ rows: [row(1), row(2)], answers: [1, 2] }])
    const after = views.looked(before, [row(2)], 500)
    assert.deepStrictEqual(views.vanished(before, after), ["10.0.0.1:7400"])
    assert.isFalse(views.isAt(after, "10.0.0.1:7400"))
    const replaced = views.looked(before, [row(2), row(3, { address: "10.0.0.1:7400" })], 500)
    assert.deepStrictEqual(views.vanished(before, replaced), ["10.0.0.1:7400"])
    assert.isTrue(views.isAt(replaced, "10.0.0.1:7400"))
  })

  it("N9: A machine is up, joining, silent or put out, and is remembered with its age when it is gone.", () => {
    const stateOf = (view: views.View, now: number) =>
      views.described(view, now).map(({ ageMillis, row: { id }, state }) => [id, state, ageMillis])
    const both = watched([{ rows: [row(1), row(2)], answers: [1] }])
    assert.deepStrictEqual(stateOf(both, 400), [[1, "up", 400], [2, "joining", 400]])
    assert.deepStrictEqual(stateOf(both, 1600), [[1, "silent", 1600], [2, "joining", 1600]])
    const condemned = views.looked(both, [row(1, { condemned: true }), row(2)], 500)
    assert.deepStrictEqual(stateOf(condemned, 600), [[1, "put out", 600], [2, "joining", 600]])
    for (const without of [views.without(both, 1), views.looked(both, [row(2)], 500)]) {
      assert.deepStrictEqual(stateOf(views.looked(without, [row(2)], 1000), 1200), [[2, "joining", 1200], [
        1,
        "gone",
        1200
      ]])
    }
  })

  it("N9: A machine that is gone is forgotten after an hour, or when another process comes to its address.", () => {
    const left = watched([{ rows: [row(1), row(2)], answers: [1, 2] }, { rows: [row(2)], answers: [2] }])
    const goneAfter = (rows: ReadonlyArray<Row>, now: number) =>
      views.looked(left, rows, now).gone.map(({ row: { id } }) => id)
    assert.deepStrictEqual(goneAfter([row(2)], 3_599_000), [1])
    assert.deepStrictEqual(goneAfter([row(2)], 3_600_000), [])
    assert.deepStrictEqual(goneAfter([row(2), row(3, { address: "10.0.0.1:7400" })], 1000), [])
  })

  it("N9: Of machines that come and go at many addresses the last sixteen are remembered.", () => {
    const all = Array.from({ length: 20 }, (_, index) => row(index + 1))
    const view = watched([{ rows: all, answers: all.map(({ id }) => id) }, { rows: [] }])
    assert.deepStrictEqual(view.gone.map(({ row: { id } }) => id), all.slice(4).map(({ id }) => id))
  })
})
