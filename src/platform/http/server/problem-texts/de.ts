import type { en } from './en.ts';

/** The texts of the pages about problems in German, with the kinds that the user of a browser can cause or meet. */
export const de: typeof en = {
  status: 'Status',
  resolution: 'Was Sie tun können',
  startPage: 'Startseite',
  requestId: 'Kennung der Anfrage',
  type: 'Art des Problems',
  kinds: {
    'bad-request': {
      title: 'Die Anfrage ist fehlerhaft',
      description: 'Die Adresse oder ein anderer Teil der Anfrage ist fehlerhaft.',
      resolution: 'Prüfen Sie die Adresse, oder öffnen Sie den Link erneut.',
    },
    'content-too-large': {
      title: 'Die Eingaben sind zu groß',
      description: 'Die Anfrage enthält mehr Daten, als hier angenommen werden.',
      resolution: 'Kürzen Sie Ihre Eingaben.',
    },
    'csrf-check-failed': {
      title: 'Das Formular kam von einer anderen Website',
      description: 'Eine Seite einer anderen Website hat dieses Formular abgesendet. Es wurde nichts geändert.',
      resolution: 'Öffnen Sie die Seite erneut über ihren Link oder ihre Adresse, und senden Sie das Formular dort ab.',
    },
    forbidden: {
      title: 'Die Berechtigung fehlt',
      description: 'Ihr Konto hat keine Berechtigung für diese Aktion.',
      resolution: 'Bitten Sie einen Administrator um die Berechtigung.',
    },
    'internal-error': {
      title: 'Interner Fehler',
      description: 'Es ist ein unerwarteter Fehler aufgetreten. Er wurde mit der Kennung der Anfrage aufgezeichnet.',
      resolution: 'Versuchen Sie es später erneut. Nennen Sie die Kennung, wenn Sie den Fehler melden.',
    },
    'invalid-oauth-callback': {
      title: 'Die Anmeldung wurde nicht in diesem Browser begonnen',
      description:
        'Die Antwort des Anbieters gehört zu keiner Anmeldung, die dieser Browser in den letzten zehn Minuten begonnen ' +
        'hat, oder wurde schon verwendet. Es wurde nichts geändert.',
      resolution: 'Beginnen Sie die Anmeldung neu.',
    },
    'invalid-parameter': {
      title: 'Die Adresse ist ungültig',
      description: 'Ein Parameter der Adresse ist unbekannt, mehrfach vorhanden oder ungültig.',
      resolution: 'Öffnen Sie den Link erneut, der zu dieser Seite führt.',
    },
    'method-not-allowed': {
      title: 'Diese Aktion gibt es hier nicht',
      description: 'Die Adresse gibt es, die Art der Anfrage jedoch nicht.',
      resolution: 'Öffnen Sie die Seite erneut.',
    },
    'not-found': {
      title: 'Nicht gefunden',
      description: 'Unter dieser Adresse gibt es nichts, oder Sie dürfen nicht wissen, ob es etwas gibt.',
      resolution: 'Prüfen Sie die Adresse.',
    },
    'not-ready': {
      title: 'Der Dienst ist nicht bereit',
      description: 'Ein Teil, von dem der Dienst abhängt, funktioniert zurzeit nicht.',
      resolution: 'Versuchen Sie es später erneut.',
    },
    'server-overloaded': {
      title: 'Der Dienst ist ausgelastet',
      description: 'Es warten mehr Anfragen, als rechtzeitig bearbeitet werden können. Diese wurde nicht ausgeführt.',
      resolution: 'Versuchen Sie es in wenigen Sekunden erneut.',
    },
    'service-unavailable': {
      title: 'Der Dienst ist nicht verfügbar',
      description: 'Die Datenbank ist nicht erreichbar oder antwortet nicht rechtzeitig.',
      resolution: 'Versuchen Sie es in wenigen Sekunden erneut.',
    },
    'too-many-attempts': {
      title: 'Zu viele Versuche',
      description: 'Von Ihrer IP-Adresse oder bei diesem Konto gab es zu viele Versuche.',
      resolution: 'Warten Sie einige Minuten. Bestehende Sitzungen sind nicht betroffen.',
    },
    'too-many-requests': {
      title: 'Zu viele Anfragen',
      description: 'Von Ihrem Konto oder Ihrer IP-Adresse kamen zu viele Anfragen.',
      resolution: 'Warten Sie eine Minute.',
    },
    unauthenticated: {
      title: 'Eine Anmeldung ist erforderlich',
      description: 'Die Anfrage gehört zu keiner gültigen Sitzung.',
      resolution: 'Melden Sie sich an.',
    },
    'unsupported-media-type': {
      title: 'Das Format wird nicht unterstützt',
      description: 'Das Format der gesendeten Daten wird hier nicht angenommen.',
      resolution: 'Öffnen Sie die Seite erneut, und senden Sie ihr Formular ab.',
    },
    'uri-too-long': {
      title: 'Die Adresse ist zu lang',
      description: 'Die Adresse ist länger, als hier angenommen wird.',
      resolution: 'Prüfen Sie die Adresse.',
    },
    'validation-failed': {
      title: 'Eingaben sind ungültig',
      description: 'Eingaben fehlen oder sind ungültig. Es wurde nichts geändert.',
      resolution: 'Prüfen Sie Ihre Eingaben.',
    },
  },
};
