# 反问，以及会画图的按钮的回应。

ask-change =
    想改成什么样？{ $where ->
        [private] 直接写在这里就行，例如：改成夜晚
       *[group] 请回复这条消息，例如：改成夜晚
    }
ask-image =
    要改哪张图？{ $where ->
        [private] 把它发给我吧。
       *[group] 请以回复这条消息的方式发给我。
    }
pressed =
    { $count ->
        [1] 正在画。
       *[other] 正在画 { $count } 张。
    }
# 欢迎语下方示例按钮要画的内容。
example-prompt = 黎明时分雪地里的一只狐狸，柔和的光线
