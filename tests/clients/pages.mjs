// A browser without a window: it keeps cookies, follows redirects and sends forms as they stand in
// the page, so that a client's real way through the pages needs nothing but HTTP.

const REDIRECTS = 20;

function attribute(tag, name) {
  const value = new RegExp(`\\s${name}="([^"]*)"`).exec(tag)?.[1];
  return value
    ?.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&quot;", '"')
    .replaceAll("&#39;", "'").replaceAll("&amp;", "&");
}

// The forms of a page: where each leads, and what is filled in.
function forms(html) {
  return [...html.matchAll(/<form [\s\S]*?<\/form>/g)].map(([form]) => {
    const fields = {};
    for (const [input] of form.matchAll(/<input [^>]*>/g)) {
      const name = attribute(input, "name");
      const isOff = attribute(input, "type") === "checkbox" && !/\schecked/.test(input);
      if (name && !isOff) fields[name] = attribute(input, "value") ?? "";
    }
    return { action: attribute(form, "action"), fields };
  });
}

export class Browser {
  #cookies = new Map();

  // `stopAt` are the addresses of clients that do not listen: a redirect there ends the walk.
  constructor(...stopAt) {
    this.stopAt = stopAt;
  }

  // Opens an address, or posts `form` to it, and follows where it leads: to a page, or to a client.
  async open(address, form) {
    let url = new URL(address);
    for (let step = 0; step < REDIRECTS; step += 1) {
      if (this.stopAt.some((client) => url.href.startsWith(client))) return { url };
      const response = await this.#send(url, form);
      form = undefined;
      const location = response.headers.get("location");
      if (response.status < 300 || response.status > 399 || !location) {
        return { url, status: response.status, headers: response.headers, html: await response.text() };
      }
      await response.body?.cancel();
      url = new URL(location, url);
    }
    throw new Error(`more than ${REDIRECTS} redirects, the last to ${url}`);
  }

  async #send(url, form) {
    const jar = this.#cookies.get(url.host) ?? new Map();
    this.#cookies.set(url.host, jar);
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
    const response = await fetch(url, {
      method: form ? "POST" : "GET",
      body: form && new URLSearchParams(form),
      redirect: "manual",
      headers: { accept: "text/html", ...(cookie && { cookie }) },
    });
    for (const line of response.headers.getSetCookie()) {
      const [pair, ...attributes] = line.split(";");
      const [name, ...value] = pair.split("=");
      if (attributes.some((a) => a.trim().toLowerCase() === "max-age=0")) jar.delete(name);
      else jar.set(name, value.join("="));
    }
    return response;
  }

  // Sends the form of a page that has these fields besides what stands in it.
  async submit(page, fields) {
    const form = forms(page.html ?? "").find(({ action }) => !page.form || action.endsWith(page.form));
    if (!form) throw new Error(`no form at ${page.url}: ${page.status} ${page.html}`);
    return this.open(new URL(form.action, page.url), { ...form.fields, ...fields });
  }

  // From an authorization request to the client, as this person, who allows what is asked.
  async signIn(address, username, password) {
    let page = await this.open(address);
    if (page.url.pathname === "/signin") page = await this.submit(page, { username, password });
    if (page.url.pathname === "/consent") page = await this.submit(page, { decision: "allow" });
    return page;
  }
}

// Ada, as `run` has her.
export const ADA = ["ada@example.com", "the-password-of-ADA"];
