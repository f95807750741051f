# What was made before, cancelling, and being forgotten.

history-title = Your latest pictures. Press a number to have them again; it costs nothing.
history-none = There is nothing yet. Your pictures will be listed here, to have them again.
history-row =
    { $number }. { $prompt }{ $count ->
        [one] { "" }
       *[other] { " " }({ $count } pictures)
    } · { $unit ->
        [days] { $amount ->
            [one] yesterday
           *[other] { $amount } days ago
        }
        [hours] { $amount } h ago
       *[minutes] { $amount ->
            [0] just now
           *[other] { $amount } min ago
        }
    }
history-private = Your pictures are between the two of us.
history-door = 🖼 My latest pictures
sending-again =
    { $count ->
        [one] Here it comes.
       *[other] Here they come.
    }
deleted = Deleted here. /history still has it.

cancel-which = Which one shall I take back?
cancel-row =
    { $number }. { $prompt } · { $stage ->
        [drawing] being drawn
       *[waiting] waiting
    }
cancel-all = ✖️ All of them

forget =
    Shall I forget you?

    I then delete your settings, your prompts, all pictures I made for you and all images you sent me. Messages in our chats stay: only you can delete those.

    What stays are numbers: how many pictures were made on which day, and at what price. For 32 days after your last picture I also remember that they are yours, because they count for your quota.

    This cannot be undone.
forget-yes = 🗑 Yes, forget me
forget-no = No, keep everything
forget-private = That is between the two of us.
forget-door = 🔒 Go on in private
forgotten = Done. Whatever I knew about you is gone.
forget-kept = All right, everything stays as it was.
