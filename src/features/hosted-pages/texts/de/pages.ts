import type { pages as en } from '../en/pages.ts';

const sent =
  'Falls ein Konto diese E-Mail-Adresse hat, haben wir eine E-Mail gesendet. Ihr Link ist nur kurze Zeit gültig.';

/** The words of each page in German. An empty text is left out. */
export const pages: typeof en = {
  'accept-invitation': {
    title: 'Passwort wählen',
    explanation: 'Ihr Konto ist eingerichtet. Wählen Sie ein Passwort, mit dem Sie sich anmelden.',
    button: 'Passwort speichern',
    doneTitle: 'Willkommen',
    done: 'Ihr Passwort ist gespeichert und Ihre E-Mail-Adresse bestätigt. Sie können sich jetzt anmelden.',
  },
  'change-email': {
    title: 'Neue E-Mail-Adresse bestätigen',
    explanation: 'Ihr Konto verwendet sie von da an, auch zur Anmeldung.',
    button: 'Bestätigen',
    doneTitle: 'Ihre E-Mail-Adresse wurde geändert',
    done:
      'Melden Sie sich ab jetzt mit der neuen E-Mail-Adresse an. Mit dem Link in einer E-Mail an die bisherige ' +
      'Adresse lässt sich die Änderung rückgängig machen.',
  },
  'forgot-password': {
    title: 'Passwort vergessen?',
    explanation:
      'Geben Sie die E-Mail-Adresse Ihres Kontos ein. Wir senden eine E-Mail mit einem Link, über den Sie ein neues ' +
      'Passwort wählen.',
    button: 'E-Mail senden',
    doneTitle: 'Sehen Sie in Ihr Postfach',
    done: sent,
  },
  login: { title: 'Anmelden', explanation: '', button: 'Anmelden', doneTitle: '', done: '' },
  logout: {
    title: 'Abmelden',
    explanation: 'Das beendet die Sitzung dieses Browsers. Andere Geräte bleiben angemeldet.',
    button: 'Abmelden',
    doneTitle: 'Sie sind abgemeldet',
    done: 'Die Sitzung dieses Browsers ist beendet.',
  },
  'magic-link': {
    title: 'Anmelden',
    explanation: 'Verwenden Sie den Browser, in dem Sie den Link angefordert haben.',
    button: 'Anmelden',
    doneTitle: '',
    done: '',
  },
  register: {
    title: 'Konto erstellen',
    explanation: '',
    button: 'Konto erstellen',
    doneTitle: 'Sehen Sie in Ihr Postfach',
    done: 'Wir haben eine E-Mail an diese Adresse gesendet. Öffnen Sie den Link darin, um fortzufahren.',
  },
  'request-magic-link': {
    title: 'Mit einem Link anmelden',
    explanation: 'Geben Sie die E-Mail-Adresse Ihres Kontos ein. Öffnen Sie den Link aus der E-Mail in diesem Browser.',
    button: 'E-Mail senden',
    doneTitle: 'Sehen Sie in Ihr Postfach',
    done: `${sent} Öffnen Sie ihn in diesem Browser.`,
  },
  'resend-verification': {
    title: 'E-Mail-Adresse bestätigen',
    explanation:
      'Geben Sie die E-Mail-Adresse Ihres Kontos ein, um eine weitere E-Mail mit einem Bestätigungslink zu erhalten.',
    button: 'E-Mail senden',
    doneTitle: 'Sehen Sie in Ihr Postfach',
    done: 'Falls ein Konto mit dieser E-Mail-Adresse noch nicht bestätigt ist, haben wir eine E-Mail gesendet.',
  },
  'reset-password': {
    title: 'Neues Passwort wählen',
    explanation: 'Das beendet alle Sitzungen Ihres Kontos.',
    button: 'Passwort speichern',
    doneTitle: 'Ihr Passwort wurde geändert',
    done: 'Sie können sich jetzt damit anmelden.',
  },
  'revert-email': {
    title: 'Änderung der E-Mail-Adresse rückgängig machen',
    explanation:
      'Das stellt die bisherige E-Mail-Adresse Ihres Kontos wieder her, beendet alle Sitzungen, widerruft ' +
      'API-Schlüssel und entfernt das Passwort, verknüpfte Konten und kürzlich hinzugefügte zweite Faktoren.',
    button: 'Rückgängig machen',
    doneTitle: 'Ihre E-Mail-Adresse wurde wiederhergestellt',
    done: 'Wir haben eine E-Mail mit einem Link gesendet, über den Sie ein neues Passwort wählen.',
  },
  'second-factor': {
    title: 'Bestätigen Sie, dass Sie es sind',
    explanation: 'Ihr Konto hat einen zweiten Faktor.',
    button: 'Weiter',
    doneTitle: '',
    done: '',
  },
  'verify-email': {
    title: 'E-Mail-Adresse bestätigen',
    explanation: 'Bestätigen Sie, dass diese E-Mail-Adresse Ihnen gehört. Dann können Sie sich anmelden.',
    button: 'Bestätigen',
    doneTitle: 'Vielen Dank',
    done: 'Ihre E-Mail-Adresse ist bestätigt. Sie können sich jetzt anmelden.',
  },
};
