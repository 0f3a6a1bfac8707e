import { assert, describe, it } from "@effect/vitest"
import { canonical } from "../../services/scraper/canonicalUrl.ts"
import * as Charset from "../../services/scraper/charset.ts"
import * as PageReader from "../../services/scraper/pageReader.ts"

const bytes = (...parts: ReadonlyArray<string | ReadonlyArray<number>>) =>
  Buffer.concat(parts.map((part) => typeof part === "string" ? Buffer.from(part) : Buffer.from(part)))

describe("charsets", () => {
  const sniffed: ReadonlyArray<readonly [what: string, head: Uint8Array, contentType: string, charset: string]> = [
    ["a mark", bytes([0xef, 0xbb, 0xbf], "x"), "text/html; charset=koi8-r", "utf-8"],
    ["a mark of UTF-16", bytes([0xff, 0xfe, 0x41, 0]), "", "utf-16le"],
    ["a mark of UTF-16, the other way", bytes([0xfe, 0xff, 0, 0x41]), "", "utf-16be"],
    ["the header", bytes("<meta charset=utf-8>"), "text/html; charset=\"Shift_JIS\"", "shift_jis"],
    ["the header's latin1 is windows-1252", bytes("x"), "text/html;charset=ISO-8859-1", "windows-1252"],
    ["meta charset", bytes("<meta charset='euc-kr'>"), "text/html", "euc-kr"],
    [
      "meta http-equiv",
      bytes("<META http-equiv=\"Content-Type\" content=\"text/html; charset=windows-1251\">"),
      "text/html",
      "windows-1251"
    ],
    ["the XML declaration", bytes("<?xml version='1.0' encoding='gb18030'?>"), "text/xml", "gb18030"],
    ["a meta that can't be true", bytes("<meta charset=utf-16>"), "text/html", "utf-8"],
    ["an unknown label is no hint", bytes("<meta charset=koi8-r>"), "text/html; charset=klingon", "koi8-r"],
    ["a meta too far down", bytes(" ".repeat(1024), "<meta charset=koi8-r>"), "", "utf-8"],
    ["a meta in a comment", bytes("<!-- <meta charset=koi8-r> --><meta charset=euc-kr>"), "text/html", "euc-kr"],
    ["a meta in an attribute", bytes("<a title='<meta charset=koi8-r>'>ä"), "text/html", "utf-8"],
    ["a content without http-equiv", bytes("<meta content='text/html; charset=koi8-r'>ä"), "text/html", "utf-8"],
    ["no meta", bytes("<metadata charset=koi8-r>ä"), "text/html", "utf-8"],
    ["a declaration of XML in HTML", bytes("<?xml version='1.0' encoding='koi8-r'?>"), "text/html", "koi8-r"],
    ["another parameter", bytes("ä"), "text/html; xcharset=koi8-r", "utf-8"],
    ["no hint, valid UTF-8", bytes("ä"), "text/html", "utf-8"],
    ["no hint, UTF-8 cut in a character", bytes("x", [0xc3]), "text/html", "utf-8"],
    ["no hint, not UTF-8", bytes([0xe4, 0x20]), "text/html", "windows-1252"]
  ]
  for (const [what, head, contentType, charset] of sniffed) {
    it(what, () => assert.strictEqual(Charset.sniff(head, contentType, false), charset))
  }

  it("Half a character at the end of all is not UTF-8.", () => {
    assert.strictEqual(Charset.sniff(bytes("caf", [0xe9]), "", true), "windows-1252")
  })

  it("A charset is decoded piece by piece, wherever the cuts are.", () => {
    const whole = bytes("<meta charset=shift_jis><p>", [0x93, 0xfa, 0x96, 0x7b, 0x8c, 0xea], "</p>".repeat(400))
    const expected = new TextDecoder("shift_jis").decode(whole)
    for (const size of [1, 7, 1000, 5000]) {
      const decoder = Charset.streaming("text/html")
      let text = ""
      for (let at = 0; at < whole.length; at += size) text += decoder.decode(whole.subarray(at, at + size))
      assert.strictEqual(text + decoder.end(), expected)
    }
  })

  it("Every charset of the standard is read, whether this Node knows it or not.", () => {
    const labels =
      "ibm866 iso-8859-2 iso-8859-3 iso-8859-4 iso-8859-5 iso-8859-6 iso-8859-7 iso-8859-8 iso-8859-8-i iso-8859-10 " +
      "iso-8859-13 iso-8859-14 iso-8859-15 iso-8859-16 koi8-r koi8-u macintosh windows-874 windows-1250 windows-1251 windows-1252 " +
      "windows-1253 windows-1254 windows-1255 windows-1256 windows-1257 windows-1258 x-mac-cyrillic gbk gb18030 big5 euc-jp " +
      "iso-2022-jp shift_jis euc-kr replacement iso-2022-kr hz-gb-2312 utf-16be utf-16le x-user-defined utf-7 utf-32 __proto__"
    for (const label of labels.split(" ")) {
      const decoder = Charset.streaming(`text/plain; charset=${label}`, "text")
      const text = decoder.decode(Buffer.alloc(1500, "a"))
      assert.isNotEmpty(text + decoder.decode(bytes([0xff, 0x80, 0x1b])) + decoder.end(), label)
    }
  })

  it("An empty document is empty.", () => assert.strictEqual(Charset.streaming("").end(), ""))
})

const read = (kind: PageReader.Kind, text: string, url = "http://a.example/dir/page") => {
  const reader = PageReader.make(kind, url)
  for (const piece of text.match(/[^]{1,5}/g) ?? []) reader.write(piece)
  return reader.end()
}

describe("reading pages", () => {
  it("Links begin where <base> says.", () => {
    const { links } = read(
      "html",
      "<base href='/other/'><base href='/third/'><a href='x'>x</a><map><area href='?y'></map>"
    )
    assert.deepStrictEqual(links, ["http://a.example/other/x", "http://a.example/other/?y"])
    for (const base of ["javascript:x", "data:,x", "http://["]) {
      assert.deepStrictEqual(
        read("html", `<base href="${base}"><a href=x>x</a>`).links,
        ["http://a.example/dir/x"],
        base
      )
    }
  })

  it("An address that can't be read is left out.", () => {
    assert.deepStrictEqual(read("html", "<a href='http://['>x</a><a href=''>self</a>").links, [
      "http://a.example/dir/page"
    ])
  })

  it("The first title counts, and none inside the page.", () => {
    assert.strictEqual(read("html", "<title>one</title><title>two</title><svg><title>three</title></svg>").title, "one")
  })

  it("A drawing's title is not the page's, wherever it is.", () => {
    const html = "<svg><title>logo</title><g></g></svg><template><title>t</title></template><title>real</title>"
    assert.strictEqual(read("html", html).title, "real")
    assert.strictEqual(read("html", "<svg><desc><title>x</title></desc></svg><p>y").title, "")
    assert.strictEqual(read("xml", "<feed><svg><title>x</title></svg><title>news</title></feed>").title, "news")
  })

  it("A page says what it left out, and only then.", () => {
    assert.notProperty(read("html", "<title>a</title>b<a href=/c>"), "truncated")
    const links = Array.from({ length: 2005 }, (_, n) => `<a href=/${n}>`).join("")
    assert.deepStrictEqual(read("html", `${links}<a href=/1><a href="mailto:x">`).truncated, { links: 5 })
    assert.deepStrictEqual(read("html", `<a href="/${"x".repeat(3000)}">`).truncated, { links: 1 })
    assert.deepStrictEqual(read("html", `<a href="//me@a.example/"><a href="http://:secret@a.example/">`).truncated, {
      links: 2
    })
    assert.deepStrictEqual(read("html", `<title>${"t ".repeat(300)}</title>`).truncated, { title: true })
    assert.deepStrictEqual(read("text", "word ".repeat(5000)).truncated, { text: true })
    assert.notProperty(read("text", `${"x".repeat(20_000)} \n`), "truncated")
    assert.deepStrictEqual(read("html", `${"<b>".repeat(9000)}<a href=/x>`).truncated, { depth: true })
    assert.deepStrictEqual(read("xml", `${"<b>".repeat(9000)}<link>/x</link>`).truncated, { depth: true })
  })

  it("All of a sitemap's 50,000 addresses are kept.", () => {
    const locs = (count: number) => Array.from({ length: count }, (_, n) => `<url><loc>/${n}</loc></url>`).join("")
    const whole = read("xml", `<urlset>${locs(50_000)}</urlset>`)
    assert.lengthOf(whole.links, 50_000)
    assert.notProperty(whole, "truncated")
    assert.deepStrictEqual(read("xml", `<urlset>${locs(50_002)}</urlset>`).truncated, { links: 2 })
  })

  it("Words end at blocks and not at inline tags.", () => {
    const { text } = read("html", "<p>a<b>b</b><i>c</i></p><p>d</p>e<br>f<td>g<td>h&nbsp;i&#x20;&lt;j")
    assert.strictEqual(text, "abc d e f g h i <j")
  })

  it("What isn't shown isn't read.", () => {
    const html =
      "<head><meta x></head><body>a<script>b</script><style>c</style><noscript>d</noscript><template><p>e</p>" +
      "</template><p hidden>f<p>g<!-- h --><textarea>i</textarea>"
    assert.strictEqual(read("html", html).text, "a g i")
  })

  it("A page that is cut off or broken is read as far as it goes.", () => {
    assert.strictEqual(read("html", "<p>a</div></p></b>c<script>alert(1)").text, "a c")
    assert.strictEqual(read("html", "<head><title>x</title><body>shown").text, "shown")
    assert.strictEqual(read("html", "tail &am").text, "tail &am")
    assert.deepStrictEqual(read("html", "<a href=\"/never-closed").links, [])
  })

  it("A page keeps no more than it promises.", () => {
    const many = Array.from({ length: 5000 }, (_, n) => `<a href="/${n}">word </a>`).join("")
    const found = read("html", `<title>${"t".repeat(9999)}</title>${many}<a href="/${"x".repeat(5000)}">x</a>`)
    assert.lengthOf(found.title, 500)
    assert.lengthOf(found.text, 20_000)
    assert.lengthOf(found.links, 2000)
    assert.isTrue(read("text", `${"x".repeat(19_999)}😀`).text.isWellFormed())
  })

  for (const kind of ["html", "xml"] as const) {
    it(`A page made to be slow is not (${kind}).`, () => {
      const reader = PageReader.make(kind, "http://a.example/")
      const start = performance.now()
      reader.write("<p>begin</p>")
      for (let n = 0; n < 60; n++) reader.write("<b>".repeat(20_000))
      for (let n = 0; n < 60; n++) reader.write("</i>".repeat(20_000))
      assert.include(reader.end().text, "begin")
      assert.isBelow(performance.now() - start, 15_000)
    })

    it(`A million attributes take little memory (${kind}).`, () => {
      const reader = PageReader.make(kind, "http://a.example/")
      const before = process.memoryUsage().heapUsed
      reader.write("<a href='/x'")
      for (let n = 0; n < 1000; n++) reader.write(Array.from({ length: 1000 }, (_, m) => ` a${n}b${m}=''`).join(""))
      assert.isBelow((process.memoryUsage().heapUsed - before) / 2 ** 20, 100)
      reader.write(">x</a>")
      assert.deepStrictEqual(reader.end().links, ["http://a.example/x"])
    })
  }

  it("Plain text has neither tags nor links.", () => {
    assert.deepStrictEqual(read("text", " <a href=x>\n\n y "), { title: "", text: "<a href=x> y", links: [] })
  })

  it("Feeds are read.", () => {
    const rss =
      "<?xml version='1.0'?><rss><channel><title>News</title><link>http://a.example/</link><item><title>One</title>" +
      "<link>/one</link><description><![CDATA[<b>bold</b>]]></description></item></channel></rss>"
    assert.deepStrictEqual(read("xml", rss), {
      title: "News",
      text: "One <b>bold</b>",
      links: ["http://a.example/", "http://a.example/one"]
    })
    assert.deepStrictEqual(read("xml", "<feed><link rel='self' href='/atom'/></feed>").links, ["http://a.example/atom"])
  })

  it("Sitemaps are read.", () => {
    const { links } = read(
      "xml",
      "<urlset><url><loc> http://a.example/x?a=1&amp;b=2 </loc><lastmod>1</lastmod></url></urlset>"
    )
    assert.deepStrictEqual(links, ["http://a.example/x?a=1&b=2"])
  })
})

describe("canonical addresses", () => {
  const same: ReadonlyArray<readonly [string, string]> = [
    ["HTTP://A.Example:80/x", "http://a.example/x"],
    ["http://a.example", "http://a.example/"],
    ["http://a.example./x", "http://a.example/x"],
    ["http://a.example/x#part", "http://a.example/x"],
    ["http://a.example/x?", "http://a.example/x"],
    ["http://a.example/a/../x", "http://a.example/x"],
    ["http://a.example/%61%c3%a4%7e", "http://a.example/aä~"],
    ["http://a.example/?b=2&a=1&&", "http://a.example/?a=1&b=2"]
  ]
  for (const [a, b] of same) {
    it(`The canonical address of ${a} is ${b}.`, () => assert.strictEqual(canonical(new URL(a)), canonical(new URL(b))))
  }

  const different: ReadonlyArray<readonly [string, string]> = [
    ["http://a.example/x", "https://a.example/x"],
    ["http://a.example/x", "http://a.example/X"],
    ["http://a.example/x", "http://a.example/x/"],
    ["http://a.example:8080/", "http://a.example/"],
    ["http://a.example/?a=1&a=2", "http://a.example/?a=2&a=1"],
    ["http://a.example/a%2fb", "http://a.example/a/b"],
    ["http://a.example/?a=1%262", "http://a.example/?a=1&2"]
  ]
  for (const [a, b] of different) {
    it(`The canonical address of ${a} is not ${b}.`, () =>
      assert.notStrictEqual(canonical(new URL(a)), canonical(new URL(b))))
  }
})
