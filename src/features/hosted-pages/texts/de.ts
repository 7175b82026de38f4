import type { en } from './en.ts';
import type { PasswordRule } from '../../auth/passwords/index.ts';
import { pages } from './de/pages.ts';
import type { Violation } from './violation.ts';

/** The texts of the hosted pages in German. */
export const de: typeof en = {
  language: 'de',
  languageName: 'Deutsch',
  pages,
  fields: {
    code: 'Code Ihrer Authenticator-App',
    displayName: 'Name',
    email: 'E-Mail-Adresse',
    newPassword: 'Neues Passwort',
    password: 'Passwort',
    recoveryCode: 'Wiederherstellungscode',
  },
  optional: 'freiwillig',
  showPassword: 'Passwort anzeigen',
  codeHint: 'Sechs Ziffern.',
  recoveryCodeHint:
    'Einer der Codes, die Sie beim Einschalten des zweiten Faktors gespeichert haben. Jeder gilt einmal.',
  passwordAccepted: 'Dieses Passwort ist möglich.',
  passwordRules: {
    length: (min: number) => `Mindestens ${min} Zeichen; mehrere Wörter lassen sich leicht merken.`,
    context: 'Nicht nur Ihr Name, Ihre E-Mail-Adresse oder der Name dieses Dienstes.',
    common: 'Kein häufiges Passwort, keine Tastaturreihe und kein wiederholtes Wort.',
    breached: 'Nicht aus einem Datenleck bekannt.',
  },
  links: {
    account: 'Konto verwalten',
    forgotPassword: 'Passwort vergessen?',
    login: 'Anmelden',
    logout: 'Abmelden',
    magicLink: 'Mit einem Link per E-Mail anmelden',
    register: 'Konto erstellen',
    requestAnother: 'Weitere E-Mail anfordern',
    resend: 'Bestätigungs-E-Mail erneut senden',
    startOver: 'Anmeldung neu beginnen',
    useCode: 'Authenticator-App verwenden',
    useRecoveryCode: 'Wiederherstellungscode verwenden',
  },
  or: 'oder',
  continue: 'Weiter',
  continuationTitle: 'Die Anmeldung wird fortgesetzt',
  continuation: 'Die nächste Seite öffnet sich von selbst.',
  continueAt: (host: string) => `Danach geht es bei ${host} weiter.`,
  loginExpiredTitle: 'Die Anmeldung ist abgelaufen',
  loginExpired: 'Sie wurde nicht in diesem Browser oder vor zu langer Zeit begonnen.',
  continueWith: (provider: string) => `Weiter mit ${provider}`,
  passkey: 'Mit einem Passkey anmelden',
  passkeyFailed: 'Der Passkey wurde nicht verwendet. Versuchen Sie es erneut oder melden Sie sich anders an.',
  passkeyRefused: 'Der Passkey gehört zu keinem Konto, das sich anmelden kann.',
  loggedInTitle: 'Sie sind angemeldet',
  loggedInAs: (email: string) => `Dieser Browser ist als ${email} angemeldet.`,
  invalidLinkTitle: 'Dieser Link funktioniert nicht mehr',
  invalidLink:
    'Er ist unvollständig, wurde bereits verwendet, durch einen neueren ersetzt oder ist abgelaufen. Falls Sie das ' +
    'Formular gerade abgesendet haben, wurde die Änderung ausgeführt.',
  errorTitle: 'Bitte prüfen Sie Ihre Eingaben',
  failedTitle: 'Das hat nicht geklappt',
  problems: {
    'attempts-in-progress': 'Es laufen zu viele Versuche gleichzeitig. Versuchen Sie es in wenigen Sekunden erneut.',
    'identity-not-linked':
      'Mit diesem Konto des Anbieters ist kein Konto verknüpft. Melden Sie sich anders an und verknüpfen Sie es dort.',
    'invalid-credentials':
      'E-Mail-Adresse und Passwort gehören zu keinem Konto, das sich anmelden kann. Prüfen Sie beides. Ein neues ' +
      'Konto funktioniert, sobald seine E-Mail-Adresse bestätigt ist.',
    'invalid-mfa':
      'Der Code ist falsch, wurde bereits verwendet, oder die Anmeldung ist abgelaufen. Versuchen Sie es mit dem ' +
      'nächsten Code.',
    'invalid-oauth-code': 'Die Anmeldung beim Anbieter ist abgelaufen. Beginnen Sie sie neu.',
    'oauth-login-refused': 'Dieses Konto kann sich nicht anmelden. Wenden Sie sich an den Support.',
    'provider-unavailable':
      'Der Anbieter antwortet nicht. Versuchen Sie es später erneut oder melden Sie sich anders an.',
    'server-overloaded': 'Der Dienst ist ausgelastet. Versuchen Sie es in wenigen Sekunden erneut.',
  },
  tooManyAttempts: (minutes: number) =>
    `Zu viele Versuche. Versuchen Sie es in ${minutes === 1 ? 'einer Minute' : `${minutes} Minuten`} erneut.`,
  providerErrors: {
    access_denied: 'Die Anmeldung wurde beim Anbieter abgebrochen.',
    login_failed:
      'Die Anmeldung beim Anbieter ist fehlgeschlagen. Versuchen Sie es erneut oder melden Sie sich anders an.',
    temporarily_unavailable: 'Der Anbieter ist zurzeit nicht erreichbar. Versuchen Sie es später erneut.',
  },
  requestId: (id: string) => `Kennung der Anfrage: ${id}`,
  unknownProblem: 'Die Anfrage ist fehlgeschlagen. Versuchen Sie es später erneut.',
  violation: ({ field, code, detail }: Violation) => {
    const [length = ''] = /\d+/.exec(detail) ?? [];
    const subjects = {
      code: 'Der Code',
      displayName: 'Der Name',
      email: 'Die E-Mail-Adresse',
      newPassword: 'Das Passwort',
      password: 'Das Passwort',
    };
    const reasons: Readonly<Record<PasswordRule, string> & Record<string, string>> = {
      breached: 'darf nicht aus einem Datenleck bekannt sein',
      context_word: 'darf nicht aus Ihrem Namen, Ihrer E-Mail-Adresse oder dem Namen dieses Dienstes bestehen',
      is_email: 'muss wie name@example.com aussehen',
      is_string: 'fehlt',
      matches: 'muss wie name@example.com aussehen',
      max_length: `darf höchstens ${length} Zeichen haben`,
      min_length: 'fehlt',
      pattern: 'darf nicht aus Tastaturreihen, Reihen von Ziffern oder Buchstaben oder wiederholten Wörtern bestehen',
      too_common: 'darf kein häufiges Passwort sein',
      too_long: `darf höchstens ${length} Zeichen haben`,
      too_short: `muss mindestens ${length} Zeichen haben`,
    };
    return `${subjects[field]} ${reasons[code] ?? 'ist ungültig'}.`;
  },
};
