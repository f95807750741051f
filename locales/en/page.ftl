# The playground in the browser.

page-title = Drawbridge
page-tagline = Pictures from your words
page-sandbox-mark = Sandbox
page-sandbox-about = These pictures are drawn by a local sandbox: no gateway is asked and no money is spent.
page-live-mark = Live
page-live-about = A real gateway is set up: pictures cost money.
page-placeholder = /draw a fox in the snow --ar 16:9
page-send = Send
page-you = You
page-bot = Drawbridge
page-empty = Nothing here yet. Say what you would like to see.
page-example-1 = /draw a fox in the snow --ar 16:9
page-example-2 = /draw a lighthouse at dusk, oil painting --n 2
page-example-3 = /draw a paper boat on a green river --seed 7
page-reconnecting = The connection was lost. Reconnecting …
page-offline = The server does not answer. Your drawings go on as soon as it runs again.
page-failed-to-send = That was not sent. Please try again.
page-download = Download
page-open = Open in full size
page-retry = Try again
page-conversation = Conversation
page-commands = Commands
page-theme = Switch between light and dark
page-language = Language
# The name of this very language, in itself.
page-language-name = English
page-no-script = This page needs JavaScript.
