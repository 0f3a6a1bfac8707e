/** Watches this process's memory while something runs: megabytes at the start, the most, at the end. */
export const watchMemory = async (
  work: () => Promise<unknown>,
  look: () => Promise<number>
): Promise<ReadonlyArray<number>> => {
  const megabytes = () => process.memoryUsage().rss / 2 ** 20
  const start = megabytes()
  let most = start
  let deepest = 0
  const timer = setInterval(async () => {
    most = Math.max(most, megabytes())
    deepest = Math.max(deepest, await look())
  }, 50)
  const began = performance.now()
  await work()
  clearInterval(timer)
  return [start, Math.max(most, megabytes()), megabytes(), deepest, performance.now() - began]
}
