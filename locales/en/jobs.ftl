# How a job is doing, and what stands under its pictures.

status-queued =
    { $place ->
        [0] In the queue …
       *[other] In the queue, place { $place } …
    }
status-paused =
    { $count ->
        [one] The gateway takes no more work just now. Your picture keeps its place and is made as soon as it does.
       *[other] The gateway takes no more work just now. Your pictures keep their place and are made as soon as it does.
    }
status-drawing =
    { LENGTH($model) ->
        [0] Drawing …
       *[other] Drawing with { $model } …
    }{ $count ->
        [1] { "" }
       *[other] { " " }{ $done } of { $count } finished
    }
status-late =
    { $count ->
        [one] This takes longer than it should. The gateway is still at it, so I keep watching and send the picture when it comes.
       *[other] This takes longer than it should. The gateway is still at it, so I keep watching and send the pictures when they come.
    }
status-fetching =
    { $count ->
        [one] The picture is ready. Fetching it …
       *[other] The pictures are ready. Fetching them …
    }
status-sending =
    { $count ->
        [one] Sending the picture …
       *[other] Sending the pictures …
    }
status-done =
    { $returned ->
        [0] Done in { $seconds } s.
       *[other]
            { $done ->
                [one] 1 of { $count } pictures is done.
               *[other] { $done } of { $count } pictures are done.
            }{ returned }
    }
status-failed =
    { LENGTH($why) ->
        [0] That could not be done.
       *[other] { $why }
    }{ returned }
status-cancelled = Cancelled.{ returned }
# Closes a text about a job; begins with its own line break or space, and may be nothing.
returned =
    { $returned ->
        [0] { "" }
        [one] { "\u000A" }1 picture is back in your quota.
       *[other] { "\u000A" }{ $returned } pictures are back in your quota.
    }

caption =
    { $prompt }
    { LENGTH($asked) ->
        [0] { $model } · { $size }
       *[other] { $model } · { $size } (asked for { $asked })
    }{ LENGTH($seed) ->
        [0] { "" }
       *[other] { " " }· seed { $seed }
    }{ $left ->
        [-1] { "" }
       *[other] { " " }· { $left } left today
    }{ LENGTH($planned) ->
        [0] { "" }
       *[other] { "\u000A" }{ $planned } was not to be had, so another model made this.
    }
caption-elsewhere = I may not post pictures in the group, so here it is.
