# Asking back, and answers to buttons that draw.

ask-change =
    What shall I change? { $where ->
        [private] Write it here, for example: make it night
       *[group] Reply to this message, for example: make it night
    }
ask-image =
    Which image shall I change? { $where ->
        [private] Send it to me.
       *[group] Send it as a reply to this message.
    }
pressed =
    { $count ->
        [one] I am drawing it.
       *[other] I am drawing { $count } pictures.
    }
# What the example button under the greeting draws.
example-prompt = a fox in the snow at dawn, soft light
