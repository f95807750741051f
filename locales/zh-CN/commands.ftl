# 欢迎语、命令的回复和命令菜单。

start =
    你好！写下你想看的画面，我来画：

    /draw 雪地里的一只狐狸

    也能改图：把图发给我，说说想改什么；或用这句回复一张图：

    /edit 改成夜晚

    直接回复我画的图，就能接着改。/quota 查看今天还能画几张。
start-group =
    我能按文字画图，也能改图：

    /draw@{ $bot } 雪地里的一只狐狸

    用 /edit 加上想改的内容回复任意图片；回复我画的图，直接说就行。
start-example = 🦊 画一只雪地里的狐狸
start-help = ❓ 帮助
start-settings = ⚙️ 设置
# 被拉进群时。
joined =
    大家好！我来帮大家画图。试试：

    /draw@{ $bot } 雪地里的一只狐狸

    用 /edit 加上想改的内容回复任意图片；回复我画的图，直接说就行。
    我只看命令和对我的回复，不看别的聊天。管理员可以用 /chat 设置谁能画、每天画多少。
hint-draw =
    要做什么？在前面加上命令就行：/draw 按文字画图，/edit 改图。也可以把图发给我，再说想改什么。
    /draw 雪地里的一只狐狸
    /edit 改成夜晚
    更多用法见 /help

models-title = 可用的模型：
models-row =
    { "" }
    { LENGTH($short) ->
        [0] --model { $name }
       *[other] --model { $name }（也可以写 { $short }）
    }
    { LENGTH($sizes) ->
        [0] 尺寸由模型决定
       *[other] { $sizes }
    }
    { $unit ->
        [tokens] 提示词最多 { $limit } 个 token
       *[other] 提示词最多 { $limit } 个字符
    }{ $negative ->
        [yes] ，支持 --no
       *[no] { "" }
    }{ $seed ->
        [yes] ，支持 --seed
       *[no] { "" }
    }{ $images ->
        [0] { "" }
       *[other] { "\u000A" }{ $draws ->
            [yes] 也能改图
           *[no] 只能改图
        }，最多 { $images } 张
    }
quota-today = 今天还能画 { $left } 张，共 { $limit } 张。{ renewal }
quota-month = 本月还能画 { $left } 张，共 { $limit } 张，下月 1 号恢复。
quota-month-used = 本月已画 { $pictures } 张，不限量。
quota-running = 进行中的任务：{ $running } 个，最多 { $most } 个。
quota-group = 本群每天一共可以画 { $limit } 张。

## 命令菜单，每条最多 40 个字符，再长手机上会被截断

menu-draw = 写下画面，我来画
menu-edit = 改图：用它回复一张图片
menu-undo = 回到上一张图
menu-history = 最近画的图，可以重新发送
menu-resend = 把最近的图再发一次
menu-settings = 设置常用的模型、比例、张数等
menu-models = 查看可用的模型
menu-quota = 今天和本月还能画几张
menu-cancel = 取消还没完成的任务
menu-lang = 切换语言 (Language)
menu-help = 使用帮助
menu-forgetme = 删除我保存的关于你的内容
menu-start = 认识我，看个例子
menu-chat = 本群设置，仅限管理员
