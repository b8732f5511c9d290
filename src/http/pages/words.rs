//! What the pages say, in each language. A language that is not here is asked for in vain: the page
//! is in English then.

use axum::http::{HeaderMap, header};

/// The words of one language.
#[derive(Debug)]
pub(crate) struct Words {
    /// BCP 47.
    pub(crate) language: &'static str,
    pub(crate) sign_in: &'static str,
    /// Before the name of the application.
    pub(crate) to_continue_to: &'static str,
    pub(crate) user_name: &'static str,
    pub(crate) password: &'static str,
    pub(crate) wrong: &'static str,
    /// Before a number of minutes and after it.
    locked: [&'static str; 2],
    pub(crate) busy: &'static str,
    pub(crate) too_many: &'static str,
    pub(crate) form_too_old: &'static str,
    pub(crate) consent: &'static str,
    /// After the name of the application.
    pub(crate) wants: &'static str,
    pub(crate) signed_in_as: &'static str,
    pub(crate) allow: &'static str,
    pub(crate) deny: &'static str,
    pub(crate) privacy: &'static str,
    pub(crate) terms: &'static str,
    pub(crate) error: &'static str,
    pub(crate) error_help: &'static str,
    pub(crate) request_lost: &'static str,
    pub(crate) device: &'static str,
    pub(crate) device_help: &'static str,
    pub(crate) device_check: &'static str,
    pub(crate) device_allowed: &'static str,
    pub(crate) device_denied: &'static str,
    pub(crate) wrong_device: &'static str,
    pub(crate) sign_out: &'static str,
    pub(crate) sign_out_ask: &'static str,
    pub(crate) signed_out: &'static str,
    pub(crate) signed_out_help: &'static str,
    pub(crate) factor: &'static str,
    pub(crate) factor_help: &'static str,
    pub(crate) code: &'static str,
    pub(crate) wrong_code: &'static str,
    pub(crate) go_on: &'static str,
    pub(crate) set_up: &'static str,
    pub(crate) set_up_help: &'static str,
    pub(crate) set_up_picture: &'static str,
    pub(crate) open_app: &'static str,
    pub(crate) recovery: &'static str,
    pub(crate) recovery_help: &'static str,
    pub(crate) codes_left: &'static str,
    pub(crate) remove_factor: &'static str,
    pub(crate) welcome: &'static str,
    pub(crate) reset: &'static str,
    pub(crate) link_is_over: &'static str,
    pub(crate) passkeys: &'static str,
    pub(crate) passkey: &'static str,
    pub(crate) add_passkey: &'static str,
    pub(crate) use_passkey: &'static str,
    pub(crate) remove_passkey: &'static str,
    pub(crate) passkey_failed: &'static str,
    pub(crate) passkey_needs_script: &'static str,
    pub(crate) passkey_help: &'static str,
    pub(crate) account: &'static str,
    pub(crate) current_password: &'static str,
    pub(crate) new_password: &'static str,
    pub(crate) change_password: &'static str,
    pub(crate) wrong_password: &'static str,
    pub(crate) weak: &'static str,
    pub(crate) consents: &'static str,
    pub(crate) sessions: &'static str,
    pub(crate) revoke: &'static str,
    pub(crate) end: &'static str,
    pub(crate) this_browser: &'static str,
    pub(crate) unknown_browser: &'static str,
    pub(crate) none: &'static str,
    pub(crate) done: &'static str,
}

const ENGLISH: Words = Words {
    language: "en",
    sign_in: "Sign in",
    to_continue_to: "to continue to",
    user_name: "User name",
    password: "Password",
    wrong: "The user name or the password is wrong.",
    locked: ["There were too many attempts. Try again in", "min."],
    busy: "We cannot sign you in at the moment. Please try again.",
    too_many: "Too much is asked for from where you are. Please wait a moment and try again.",
    form_too_old: "This form has expired or was sent from somewhere else. Go back, load the page \
                   again and repeat what you did.",
    consent: "Allow access?",
    wants: "would like to:",
    signed_in_as: "You are signed in as",
    allow: "Allow",
    deny: "Deny",
    privacy: "Privacy policy",
    terms: "Terms of service",
    error: "That did not work",
    error_help: "Go back to the application you came from and try again. If it happens again, tell \
                 whoever looks after that application what is written above.",
    request_lost: "This sign-in has expired or was begun in another browser. Go back to the \
                   application and begin again.",
    sign_out: "Sign out",
    sign_out_ask: "Do you want to sign out here?",
    signed_out: "You are signed out",
    signed_out_help: "You can close this window. Applications may keep you signed in for a while.",
    factor: "Second factor",
    factor_help: "Type the code that your authenticator app shows, or one of your recovery codes.",
    code: "Code",
    wrong_code: "The code is wrong or was used before.",
    go_on: "Continue",
    set_up: "Set up an authenticator app",
    set_up_help: "Scan this with an authenticator app, or type the key into one. Then type the code that it shows.",
    set_up_picture: "QR code of the key",
    open_app: "Open the app on this device",
    recovery: "Your recovery codes",
    recovery_help: "Keep these codes in a safe place. Each works once in place of the app. They are not shown again.",
    codes_left: "Recovery codes left:",
    remove_factor: "Remove the app",
    welcome: "Welcome: choose your password",
    reset: "Choose a new password",
    link_is_over: "This link was used before or has expired. Ask whoever sent it for another.",
    passkeys: "Passkeys",
    passkey: "A passkey of",
    add_passkey: "Add a passkey",
    use_passkey: "Use a passkey",
    remove_passkey: "Remove",
    passkey_failed: "The browser gave no passkey. Try again.",
    passkey_needs_script: "A passkey needs JavaScript.",
    passkey_help: "Your browser asks where the passkey is to be kept: on this device, on your phone or on a security key.",
    account: "Your account",
    current_password: "Current password",
    new_password: "New password (8 characters or more)",
    change_password: "Change the password",
    wrong_password: "The current password is wrong.",
    weak: "Choose a password of 8 characters or more that is not your user name.",
    consents: "Applications you allowed access",
    sessions: "Where you are signed in",
    revoke: "Take back",
    end: "Sign out there",
    this_browser: "this browser",
    unknown_browser: "A browser",
    none: "None",
    done: "Done.",
    device: "Connect a device",
    device_help: "Type the code that the device shows.",
    device_check: "Allow this only if you began it yourself and the device in front of you shows",
    device_allowed: "The device is connected. You can close this window.",
    device_denied: "The device was not connected. You can close this window.",
    wrong_device: "No device waits for this code. Look at the device and type the code again.",
};

const GERMAN: Words = Words {
    language: "de",
    sign_in: "Anmelden",
    to_continue_to: "weiter zu",
    user_name: "Benutzername",
    password: "Passwort",
    wrong: "Benutzername oder Passwort ist falsch.",
    locked: ["Es gab zu viele Versuche. Versuchen Sie es wieder in", "min."],
    busy: "Wir können Sie gerade nicht anmelden. Bitte versuchen Sie es noch einmal.",
    too_many: "Von dort, wo Sie sind, kommen zu viele Anfragen. Bitte warten Sie einen Moment.",
    form_too_old: "Dieses Formular ist abgelaufen oder wurde von anderswo gesendet. Gehen Sie \
                   zurück, laden Sie die Seite neu und wiederholen Sie Ihre Eingabe.",
    consent: "Zugriff erlauben?",
    wants: "möchte:",
    signed_in_as: "Sie sind angemeldet als",
    allow: "Erlauben",
    deny: "Ablehnen",
    privacy: "Datenschutzerklärung",
    terms: "Nutzungsbedingungen",
    error: "Das hat nicht geklappt",
    error_help: "Gehen Sie zurück zur Anwendung und versuchen Sie es noch einmal. Geschieht es \
                 wieder, geben Sie dem Betreiber der Anwendung weiter, was oben steht.",
    request_lost: "Diese Anmeldung ist abgelaufen oder wurde in einem anderen Browser begonnen. \
                   Gehen Sie zurück zur Anwendung und beginnen Sie von vorn.",
    sign_out: "Abmelden",
    sign_out_ask: "Möchten Sie sich hier abmelden?",
    signed_out: "Sie sind abgemeldet",
    signed_out_help: "Sie können dieses Fenster schließen. Anwendungen können Sie noch eine Weile angemeldet lassen.",
    factor: "Zweiter Faktor",
    factor_help: "Geben Sie den Code ein, den Ihre Authenticator-App zeigt, oder einen Ihrer Wiederherstellungscodes.",
    code: "Code",
    wrong_code: "Der Code ist falsch oder wurde schon benutzt.",
    go_on: "Weiter",
    set_up: "Authenticator-App einrichten",
    set_up_help: "Scannen Sie dies mit einer Authenticator-App, oder geben Sie den Schlüssel in eine ein. Geben Sie dann den Code ein, den sie zeigt.",
    set_up_picture: "QR-Code des Schlüssels",
    open_app: "App auf diesem Gerät öffnen",
    recovery: "Ihre Wiederherstellungscodes",
    recovery_help: "Bewahren Sie diese Codes sicher auf. Jeder gilt einmal anstelle der App. Sie werden nicht wieder gezeigt.",
    codes_left: "Verbleibende Wiederherstellungscodes:",
    remove_factor: "App entfernen",
    welcome: "Willkommen: Wählen Sie Ihr Passwort",
    reset: "Wählen Sie ein neues Passwort",
    link_is_over: "Dieser Link wurde schon benutzt oder ist abgelaufen. Bitten Sie, wer ihn geschickt hat, um einen neuen.",
    passkeys: "Passkeys",
    passkey: "Ein Passkey vom",
    add_passkey: "Passkey hinzufügen",
    use_passkey: "Passkey verwenden",
    remove_passkey: "Entfernen",
    passkey_failed: "Der Browser gab keinen Passkey. Versuchen Sie es noch einmal.",
    passkey_needs_script: "Ein Passkey braucht JavaScript.",
    passkey_help: "Ihr Browser fragt, wo der Passkey aufbewahrt wird: auf diesem Gerät, Ihrem Telefon oder einem Sicherheitsschlüssel.",
    account: "Ihr Konto",
    current_password: "Bisheriges Passwort",
    new_password: "Neues Passwort (mindestens 8 Zeichen)",
    change_password: "Passwort ändern",
    wrong_password: "Das bisherige Passwort ist falsch.",
    weak: "Wählen Sie ein Passwort aus mindestens 8 Zeichen, das nicht Ihr Benutzername ist.",
    consents: "Anwendungen, denen Sie Zugriff erlaubt haben",
    sessions: "Wo Sie angemeldet sind",
    revoke: "Zurücknehmen",
    end: "Dort abmelden",
    this_browser: "dieser Browser",
    unknown_browser: "Ein Browser",
    none: "Keine",
    done: "Erledigt.",
    device: "Gerät verbinden",
    device_help: "Geben Sie den Code ein, den das Gerät zeigt.",
    device_check: "Erlauben Sie das nur, wenn Sie es selbst begonnen haben und das Gerät vor Ihnen dies zeigt:",
    device_allowed: "Das Gerät ist verbunden. Sie können dieses Fenster schließen.",
    device_denied: "Das Gerät wurde nicht verbunden. Sie können dieses Fenster schließen.",
    wrong_device: "Kein Gerät wartet auf diesen Code. Sehen Sie auf dem Gerät nach und geben Sie den Code noch einmal ein.",
};

const FRENCH: Words = Words {
    language: "fr",
    sign_in: "Se connecter",
    to_continue_to: "pour continuer vers",
    user_name: "Identifiant",
    password: "Mot de passe",
    wrong: "L\u{2019}identifiant ou le mot de passe est incorrect.",
    locked: ["Trop de tentatives. Réessayez dans", "min."],
    busy: "La connexion est impossible pour le moment. Veuillez réessayer.",
    too_many: "Trop de demandes viennent de votre adresse. Veuillez attendre un instant.",
    form_too_old: "Ce formulaire a expiré ou vient d\u{2019}ailleurs. Revenez en arrière, \
                   rechargez la page et recommencez.",
    consent: "Autoriser l\u{2019}accès\u{a0}?",
    wants: "souhaite\u{a0}:",
    signed_in_as: "Vous êtes connecté en tant que",
    allow: "Autoriser",
    deny: "Refuser",
    privacy: "Politique de confidentialité",
    terms: "Conditions d\u{2019}utilisation",
    error: "Cela n\u{2019}a pas fonctionné",
    error_help: "Revenez à l\u{2019}application et réessayez. Si cela se reproduit, transmettez le \
                 texte ci-dessus à la personne qui gère cette application.",
    request_lost: "Cette connexion a expiré ou a été commencée dans un autre navigateur. Revenez à \
                   l\u{2019}application et recommencez.",
    sign_out: "Se déconnecter",
    sign_out_ask: "Voulez-vous vous déconnecter ici\u{a0}?",
    signed_out: "Vous êtes déconnecté",
    signed_out_help: "Vous pouvez fermer cette fenêtre. Les applications peuvent vous garder connecté un moment.",
    factor: "Second facteur",
    factor_help: "Saisissez le code affiché par votre application d\u{2019}authentification, ou un code de secours.",
    code: "Code",
    wrong_code: "Le code est incorrect ou a déjà été utilisé.",
    go_on: "Continuer",
    set_up: "Configurer une application d\u{2019}authentification",
    set_up_help: "Scannez ceci avec une application d\u{2019}authentification, ou saisissez-y la clé. Saisissez ensuite le code affiché.",
    set_up_picture: "Code QR de la clé",
    open_app: "Ouvrir l\u{2019}application sur cet appareil",
    recovery: "Vos codes de secours",
    recovery_help: "Conservez ces codes en lieu sûr. Chacun remplace l\u{2019}application une seule fois. Ils ne seront plus affichés.",
    codes_left: "Codes de secours restants\u{a0}:",
    remove_factor: "Retirer l\u{2019}application",
    welcome: "Bienvenue : choisissez votre mot de passe",
    reset: "Choisissez un nouveau mot de passe",
    link_is_over: "Ce lien a déjà servi ou a expiré. Demandez-en un autre à qui vous l’a envoyé.",
    passkeys: "Clés d’accès",
    passkey: "Une clé d’accès du",
    add_passkey: "Ajouter une clé d’accès",
    use_passkey: "Utiliser une clé d’accès",
    remove_passkey: "Retirer",
    passkey_failed: "Le navigateur n’a pas donné de clé d’accès. Réessayez.",
    passkey_needs_script: "Une clé d’accès a besoin de JavaScript.",
    passkey_help: "Votre navigateur demande où garder la clé d’accès : sur cet appareil, votre téléphone ou une clé de sécurité.",
    account: "Votre compte",
    current_password: "Mot de passe actuel",
    new_password: "Nouveau mot de passe (8 caractères ou plus)",
    change_password: "Changer le mot de passe",
    wrong_password: "Le mot de passe actuel est incorrect.",
    weak: "Choisissez un mot de passe de 8 caractères ou plus, différent de votre identifiant.",
    consents: "Applications autorisées",
    sessions: "Où vous êtes connecté",
    revoke: "Révoquer",
    end: "Déconnecter",
    this_browser: "ce navigateur",
    unknown_browser: "Un navigateur",
    none: "Aucune",
    done: "C\u{2019}est fait.",
    device: "Connecter un appareil",
    device_help: "Saisissez le code affiché par l\u{2019}appareil.",
    device_check: "N\u{2019}autorisez que si vous l\u{2019}avez demandé vous-même et que l\u{2019}appareil devant vous affiche",
    device_allowed: "L\u{2019}appareil est connecté. Vous pouvez fermer cette fenêtre.",
    device_denied: "L\u{2019}appareil n\u{2019}a pas été connecté. Vous pouvez fermer cette fenêtre.",
    wrong_device: "Aucun appareil n\u{2019}attend ce code. Vérifiez l\u{2019}appareil et saisissez à nouveau le code.",
};

const LANGUAGES: [&Words; 3] = [&ENGLISH, &GERMAN, &FRENCH];

/// Most languages of a list that are looked at.
const MOST: usize = 16;

impl Words {
    /// The words that a browser likes best.
    pub(crate) fn of(headers: &HeaderMap) -> &'static Self {
        let accepted = headers.get(header::ACCEPT_LANGUAGE);
        let accepted = accepted.and_then(|value| value.to_str().ok()).unwrap_or_default();
        dearest_of(accepted).unwrap_or(&ENGLISH)
    }

    /// When the next attempt is looked at.
    pub(crate) fn locked(&self, seconds: i64) -> String {
        let [before, after] = self.locked;
        format!("{before} {} {after}", seconds.saturating_add(59) / 60)
    }

    /// The words that a client asked for, the dearest first, else these.
    pub(crate) fn asked(&'static self, ui_locales: Option<&str>) -> &'static Self {
        ui_locales.unwrap_or_default().split(' ').find_map(find).unwrap_or(self)
    }
}

/// The words of the best language of a list (RFC 9110 §12.5.4), ties to the first.
fn dearest_of(accepted: &str) -> Option<&'static Words> {
    let mut best: Option<(u32, &'static Words)> = None;
    for part in accepted.split(',').take(MOST) {
        let mut pieces = part.split(';').map(str::trim);
        let Some(words) = pieces.next().and_then(find) else { continue };
        let quality = pieces.find_map(|piece| piece.strip_prefix("q=")).unwrap_or("1");
        let quality = quality.parse::<f64>().ok().filter(|q| (0.0..=1.0).contains(q));
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 1000")]
        let quality = (quality.unwrap_or(0.0) * 1000.0) as u32;
        if quality > 0 && best.is_none_or(|(known, _)| quality > known) {
            best = Some((quality, words));
        }
    }
    best.map(|(_, words)| words)
}

/// By the language, whatever the country.
fn find(tag: &str) -> Option<&'static Words> {
    let language = tag.split('-').next().unwrap_or_default();
    LANGUAGES.into_iter().find(|words| words.language.eq_ignore_ascii_case(language))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_is_what_the_client_asks_for_then_what_the_browser_likes_then_english() {
        let of = |dearest: Option<&str>, accepted: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_LANGUAGE, accepted.parse().unwrap());
            Words::of(&headers).asked(dearest).language
        };
        assert_eq!(of(None, ""), "en");
        assert_eq!(of(None, "de-AT,en;q=0.8"), "de");
        assert_eq!(of(None, "tlh, en;q=0.5, fr;q=0.7"), "fr");
        assert_eq!(of(None, "de;q=0, fr;q=oops"), "en");
        assert_eq!(of(Some("tlh fr-CA"), "de"), "fr");
        assert_eq!(of(Some("tlh"), "de"), "de");
    }
}
