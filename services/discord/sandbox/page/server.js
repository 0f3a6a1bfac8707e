/** What the page asks of the sandbox. */

/** Does something as a person; resolves to `{ problem }` or `{ result }`. */
export const order = async (body) => {
  try {
    const response = await fetch("/page/do", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body)
    })
    const answer = await response.json()
    return response.ok ? { result: answer } : { problem: answer.message }
  } catch {
    return { problem: "The sandbox does not answer." }
  }
}

/** Sends a file to the sandbox; resolves to its id, rejects if it was not taken. */
export const upload = async (file) => {
  const response = await fetch(`/page/file?name=${encodeURIComponent(file.name)}`, {
    method: "POST",
    headers: { "content-type": file.type || "application/octet-stream" },
    body: file
  })
  const { id, message } = await response.json()
  if (!response.ok) throw new Error(message)
  return id
}
