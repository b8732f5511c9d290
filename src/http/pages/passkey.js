// Asks the browser for the passkey that the form's options tell of, and sends what it answers.
(() => {
  const form = document.querySelector("form.passkey");
  const bytes = (text) => {
    const plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
    return Uint8Array.from(plain, (character) => character.charCodeAt(0));
  };
  const text = (buffer) => {
    const plain = String.fromCharCode(...new Uint8Array(buffer));
    return btoa(plain).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  };
  const known = (list) => list.map((one) => ({ ...one, id: bytes(one.id) }));
  const options = JSON.parse(form.dataset.options);
  options.challenge = bytes(options.challenge);
  const create = async () => {
    options.user.id = bytes(options.user.id);
    options.excludeCredentials = known(options.excludeCredentials);
    const { response } = await navigator.credentials.create({ publicKey: options });
    return {
      client_data: text(response.clientDataJSON),
      authenticator_data: text(response.getAuthenticatorData()),
      public_key: text(response.getPublicKey()),
      algorithm: String(response.getPublicKeyAlgorithm()),
    };
  };
  const get = async () => {
    options.allowCredentials = known(options.allowCredentials);
    const { rawId, response } = await navigator.credentials.get({ publicKey: options });
    return {
      id: text(rawId),
      client_data: text(response.clientDataJSON),
      authenticator_data: text(response.authenticatorData),
      signature: text(response.signature),
    };
  };
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("button");
    button.disabled = true;
    try {
      const answer = await (options.user ? create() : get());
      for (const [name, value] of Object.entries(answer)) {
        form.elements.namedItem(name).value = value;
      }
      form.submit();
    } catch {
      document.getElementById("passkey-failed").hidden = false;
      button.disabled = false;
    }
  });
})();
