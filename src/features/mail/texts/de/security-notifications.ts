import type { SecurityNotificationTexts } from '../mail-texts.ts';

/** The notifications about the security of an account, in German. */
export const securityNotifications = (app: string): SecurityNotificationTexts => ({
  'account-deleted': {
    subject: 'Ihr Konto wurde gelöscht',
    paragraphs: [
      `Ihr Konto bei ${app} wurde gelöscht, und alle seine Sitzungen wurden beendet. Es kann 30 Tage lang ` +
        'wiederhergestellt werden; danach werden seine Daten endgültig gelöscht.',
    ],
    otherwise:
      'Falls Sie es zurückhaben möchten oder nicht gelöscht haben, wenden Sie sich innerhalb von 30 Tagen an den ' +
      'Support. Wurde seine E-Mail-Adresse in den letzten 7 Tagen geändert, stellt auch der Link in der E-Mail über ' +
      'diese Änderung das Konto wieder her.',
  },
  'api-key-created': {
    subject: 'Ein API-Schlüssel wurde angelegt',
    paragraphs: [
      `Für Ihr Konto bei ${app} wurde ein API-Schlüssel angelegt. Ein Programm kann damit in Ihrem Namen handeln.`,
    ],
    otherwise:
      'Falls Sie das nicht waren, setzen Sie sofort Ihr Passwort zurück, und widerrufen Sie den API-Schlüssel.',
  },
  'email-reverted': {
    subject: 'Die Änderung Ihrer E-Mail-Adresse wurde rückgängig gemacht',
    paragraphs: [
      `Die Änderung der E-Mail-Adresse Ihres Kontos bei ${app} auf diese wurde von der vorherigen E-Mail-Adresse aus ` +
        'rückgängig gemacht. Alle Sitzungen wurden beendet, API-Schlüssel widerrufen und das Passwort, verknüpfte ' +
        'Konten und kürzlich hinzugefügte zweite Faktoren entfernt.',
    ],
    otherwise: 'Falls Sie das nicht waren und das Konto Ihnen gehört, wenden Sie sich an den Support.',
  },
  'identity-linked': {
    subject: 'Ihrem Konto wurde eine Anmeldemöglichkeit hinzugefügt',
    paragraphs: [
      `Ein Konto bei einem anderen Anbieter wurde mit Ihrem Konto bei ${app} verknüpft: Eine Anmeldung damit meldet ` +
        'nun bei Ihrem Konto an.',
    ],
    otherwise:
      'Falls Sie das nicht waren, heben Sie die Verknüpfung in den Einstellungen Ihres Kontos auf, und setzen Sie Ihr ' +
      'Passwort zurück.',
  },
  'identity-unlinked': {
    subject: 'Aus Ihrem Konto wurde eine Anmeldemöglichkeit entfernt',
    paragraphs: [
      `Die Verknüpfung Ihres Kontos bei ${app} mit einem Konto bei einem anderen Anbieter wurde aufgehoben: Eine ` +
        'Anmeldung damit meldet nicht mehr bei Ihrem Konto an. Alle anderen Sitzungen wurden beendet.',
    ],
    otherwise: 'Falls Sie das nicht waren, setzen Sie sofort Ihr Passwort zurück.',
  },
  'mfa-factor-added': {
    subject: 'Eine Authentifizierungs-App wurde hinzugefügt',
    paragraphs: [
      `Ihrem Konto bei ${app} wurde eine Authentifizierungs-App hinzugefügt. Ab jetzt verlangt die Anmeldung einen ` +
        'ihrer Codes oder einen Wiederherstellungscode. Alle anderen Sitzungen wurden beendet.',
    ],
    otherwise: 'Falls Sie das nicht waren, setzen Sie sofort Ihr Passwort zurück, und wenden Sie sich an den Support.',
  },
  'mfa-factor-deleted': {
    subject: 'Eine Authentifizierungs-App wurde gelöscht',
    paragraphs: [`Eine Authentifizierungs-App wurde aus Ihrem Konto bei ${app} gelöscht.`],
    otherwise:
      'Falls Sie das nicht waren, setzen Sie sofort Ihr Passwort zurück, und fügen Sie wieder eine ' +
      'Authentifizierungs-App hinzu.',
  },
  'mfa-locked': {
    subject: 'Ihre Authentifizierungs-Apps wurden gesperrt',
    paragraphs: [
      `Für Ihr Konto bei ${app} wurden zu viele ungültige Codes nacheinander eingegeben. Codes Ihrer ` +
        'Authentifizierungs-Apps werden nicht angenommen, bis Sie einen Wiederherstellungscode oder einen Passkey ' +
        'verwenden oder ein Administrator Ihre zweiten Faktoren zurücksetzt.',
    ],
    otherwise:
      'Jeder Versuch hatte das richtige Passwort oder eine Sitzung Ihres Kontos. Falls Sie das nicht waren, setzen ' +
      'Sie sofort Ihr Passwort zurück.',
  },
  'mfa-reset': {
    subject: 'Ihre zweiten Faktoren wurden entfernt',
    paragraphs: [
      `Ein Administrator hat alle zweiten Faktoren und Wiederherstellungscodes aus Ihrem Konto bei ${app} entfernt ` +
        'und alle Sitzungen beendet. Die nächste Anmeldung verlangt nur Ihr Passwort.',
    ],
    otherwise:
      'Melden Sie sich an, und fügen Sie wieder einen zweiten Faktor hinzu. Falls Sie das nicht veranlasst haben, ' +
      'setzen Sie sofort Ihr Passwort zurück, und wenden Sie sich an den Support.',
  },
  'passkey-added': {
    subject: 'Ein Passkey wurde hinzugefügt',
    paragraphs: [
      `Ihrem Konto bei ${app} wurde ein Passkey hinzugefügt. Er ermöglicht die Anmeldung ohne Passwort; die ` +
        'Anmeldung mit Passwort verlangt ab jetzt einen zweiten Faktor. Alle anderen Sitzungen wurden beendet.',
    ],
    otherwise: 'Falls Sie das nicht waren, setzen Sie sofort Ihr Passwort zurück, und wenden Sie sich an den Support.',
  },
  'passkey-deleted': {
    subject: 'Ein Passkey wurde gelöscht',
    paragraphs: [
      `Ein Passkey wurde aus Ihrem Konto bei ${app} gelöscht. Eine Anmeldung mit ihm ist nicht mehr möglich.`,
    ],
    otherwise:
      'Falls Sie das nicht waren, setzen Sie sofort Ihr Passwort zurück, und fügen Sie wieder einen Passkey hinzu.',
  },
  'password-changed': {
    subject: 'Ihr Passwort wurde geändert',
    paragraphs: [
      `Das Passwort Ihres Kontos bei ${app} wurde in einer angemeldeten Sitzung mit dem bisherigen Passwort ` +
        'geändert. Alle anderen Sitzungen wurden beendet.',
    ],
    otherwise: 'Falls Sie das nicht waren, setzen Sie sofort Ihr Passwort zurück.',
  },
  'password-reset': {
    subject: 'Ihr Passwort wurde gesetzt',
    paragraphs: [
      `Für Ihr Konto bei ${app} wurde mit einem Link, der an diese E-Mail-Adresse gesendet wurde, ein neues Passwort ` +
        'gesetzt. Alle Sitzungen wurden beendet. API-Schlüssel bleiben gültig: Widerrufen Sie die, die Sie nicht kennen.',
    ],
    otherwise:
      'Falls Sie das nicht waren, hat möglicherweise eine andere Person Zugriff auf Ihr Postfach: Sichern Sie es, und ' +
      'setzen Sie das Passwort danach noch einmal zurück.',
  },
  'recovery-code-used': {
    subject: 'Ein Wiederherstellungscode wurde verwendet',
    paragraphs: [
      `Einer Ihrer Wiederherstellungscodes wurde verwendet, um sich bei Ihrem Konto bei ${app} anzumelden. Er kann ` +
        'nicht noch einmal verwendet werden.',
    ],
    otherwise:
      'Falls Sie das nicht waren, setzen Sie sofort Ihr Passwort zurück, und erstellen Sie neue ' +
      'Wiederherstellungscodes.',
  },
  'recovery-codes-low': {
    subject: 'Sie haben nur noch wenige Wiederherstellungscodes',
    paragraphs: [
      `Sie haben höchstens drei Wiederherstellungscodes für ${app} übrig. Ohne sie und ohne Ihre ` +
        'Authentifizierungs-App können Sie sich nicht anmelden. Erstellen Sie neue in den Einstellungen Ihres Kontos.',
    ],
  },
  'sessions-ended': {
    subject: 'Eine Sitzung Ihres Kontos wurde beendet',
    paragraphs: [
      `Ein Anmeldetoken einer Ihrer Sitzungen bei ${app} wurde zweimal verwendet, was darauf hindeutet, dass es ` +
        'kopiert wurde. Die Sitzung wurde auf jedem Gerät beendet, das sie verwendet hat.',
    ],
    otherwise: 'Melden Sie sich wieder an. Falls Sie Aktivitäten nicht erkennen, ändern Sie Ihr Passwort.',
  },
});
