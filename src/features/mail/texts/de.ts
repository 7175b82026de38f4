import type { MailTexts } from './mail-texts.ts';

/** The emails in German. All of them are in one file, so that a translation is one file. */
export const de = (app: string): MailTexts => ({
  shared: {
    plainUrl: 'Falls die Schaltfläche nicht funktioniert, kopieren Sie diese URL in den Browser:',
    linkUsed: '(Dieser Link wurde bereits verwendet oder durch einen neueren ersetzt.)',
    expiry: (duration, until) => `Der Link funktioniert einmal, ${duration} lang: bis ${until}.`,
    when: 'Wann',
    where: 'Wo',
    footer: `${app} versendet diese E-Mail automatisch. Antworten darauf werden nicht gelesen.`,
  },
  mails: {
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
      otherwise:
        'Falls Sie das nicht waren, setzen Sie sofort Ihr Passwort zurück, und wenden Sie sich an den Support.',
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
      otherwise:
        'Falls Sie das nicht waren, setzen Sie sofort Ihr Passwort zurück, und wenden Sie sich an den Support.',
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
          'gesetzt. Alle Sitzungen wurden beendet.',
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
  },
});
