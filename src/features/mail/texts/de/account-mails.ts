import type { AccountMailTexts } from '../mail-texts.ts';

/** The emails that lead to the next step of a registration, a login or a change, in German. */
export const accountMails = (app: string): AccountMailTexts => ({
  'verify-email': {
    subject: 'Bestätigen Sie Ihre E-Mail-Adresse',
    paragraphs: [`Willkommen bei ${app}! Bitte bestätigen Sie, dass diese E-Mail-Adresse Ihnen gehört:`],
    button: 'E-Mail-Adresse bestätigen',
    otherwise:
      'Falls Sie sich nicht registriert haben, ignorieren Sie diese E-Mail: Ohne die Bestätigung kann das Konto ' +
      'nicht verwendet werden.',
  },
  invitation: {
    subject: 'Sie sind eingeladen',
    paragraphs: [`Für Sie wurde ein Konto bei ${app} angelegt. Wählen Sie ein Passwort, um es zu aktivieren:`],
    button: 'Passwort wählen',
    otherwise:
      'Falls Sie das nicht erwarten, ignorieren Sie diese E-Mail: Ohne Passwort kann das Konto nicht verwendet werden.',
  },
  'choose-password': {
    subject: 'Wählen Sie ein Passwort für Ihr Konto',
    paragraphs: [
      `Mit dieser E-Mail-Adresse wurde mehr als einmal eine Registrierung bei ${app} begonnen. Wählen Sie ein ` +
        'Passwort, um das Konto zu aktivieren:',
    ],
    button: 'Passwort wählen',
    otherwise:
      'Falls Sie sich nicht registriert haben, ignorieren Sie diese E-Mail: Ohne Passwort kann das Konto nicht ' +
      'verwendet werden.',
  },
  'account-exists': {
    subject: 'Sie haben bereits ein Konto',
    paragraphs: [
      `Es wurde versucht, mit dieser E-Mail-Adresse ein Konto bei ${app} anzulegen oder ein Konto auf sie zu ändern. ` +
        'Zu ihr gibt es bereits ein Konto: Melden Sie sich stattdessen damit an.',
    ],
    otherwise: 'Falls Sie das nicht waren, müssen Sie nichts tun. Es wurde nichts geändert.',
  },
  'reset-password': {
    subject: 'Wählen Sie ein neues Passwort',
    paragraphs: [
      `Für Ihr Konto bei ${app} wurde ein neues Passwort angefordert. Wenn Sie es wählen, enden alle Sitzungen:`,
    ],
    button: 'Neues Passwort wählen',
    otherwise: 'Falls Sie das nicht waren, ignorieren Sie diese E-Mail: Das Passwort bleibt unverändert.',
  },
  'email-change': {
    subject: 'Bestätigen Sie Ihre neue E-Mail-Adresse',
    paragraphs: [
      `Diese E-Mail-Adresse soll für ein Konto bei ${app} verwendet werden. Bitte bestätigen Sie, dass sie Ihnen ` +
        'gehört:',
    ],
    button: 'E-Mail-Adresse bestätigen',
    otherwise: 'Falls Sie das nicht waren, ignorieren Sie diese E-Mail: Ohne die Bestätigung ändert sich nichts.',
  },
  'email-changed': {
    subject: 'Ihre E-Mail-Adresse wurde geändert',
    paragraphs: [
      `Die E-Mail-Adresse Ihres Kontos bei ${app} wurde geändert. Falls Sie das waren, müssen Sie nichts tun.`,
      'Falls Sie das nicht waren, machen Sie die Änderung rückgängig. Dadurch gilt wieder diese E-Mail-Adresse, alle ' +
        'Sitzungen enden, und Sie erhalten eine E-Mail, um ein neues Passwort zu wählen:',
    ],
    button: 'Änderung rückgängig machen',
  },
  'magic-link': {
    subject: 'Anmelden',
    paragraphs: [
      `Öffnen Sie diesen Link in dem Browser, in dem Sie ihn angefordert haben, um sich bei ${app} anzumelden:`,
    ],
    button: 'Anmelden',
    otherwise:
      'Falls Sie ihn nicht angefordert haben, ignorieren Sie diese E-Mail. Der Link funktioniert in keinem anderen ' +
      'Browser.',
  },
  'password-locked': {
    subject: 'Ihr Passwort wurde gesperrt',
    paragraphs: [
      `Es gab zu viele fehlgeschlagene Versuche, sich mit einem Passwort bei Ihrem Konto bei ${app} anzumelden. Das ` +
        'Passwort ist gesperrt: Wählen Sie ein neues, bevor Sie sich wieder damit anmelden:',
    ],
    button: 'Neues Passwort wählen',
    otherwise: 'Ihre Sitzungen bleiben angemeldet. Keiner dieser Versuche war erfolgreich.',
  },
});
